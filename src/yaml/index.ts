export {
  type Entry,
  type Mapping,
  NOT_WRITTEN,
  nodeAt,
  type Scalar,
  type Sequence,
  sortedJson,
  toJson,
  type YamlNode,
  type YamlPath,
} from "./node.ts";
export { parseYaml, readYaml, readYamlDocument, type YamlProblem, type YamlText } from "./parse.ts";
export { formatPlace, type Place } from "./place.ts";
export { replaceScalars, type ScalarEdit } from "./replace.ts";
