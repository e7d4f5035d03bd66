import { describeOptions } from "../../src/config/help.ts";
import { NETWORK_OPTIONS } from "../../src/driver/network-options.ts";
import { code, GENERATED, table } from "./markdown.ts";

export function optionsPage(): string {
  const options = describeOptions().map(({ flag, placeholder, environment, key, default: value, description }) => [
    code(`${flag} ${placeholder}`),
    code(environment),
    code(key ?? ""),
    code(value),
    description,
  ]);
  return `# Options

${GENERATED}

## Network options

\`docker network create -d hyperion -o OPTION=VALUE …\`; any other option is refused. Subnets, ranges, gateways, \`--ipv6\` and
\`--internal\` are Docker's own.

${table(
  ["option", "meaning"],
  Object.entries(NETWORK_OPTIONS).map(([option, meaning]) => [code(option), meaning]),
)}
## Options of \`hyperion serve\`

The later wins: \`DOCKER_HOST\`, configuration file, environment, command line.

${table(["option", "environment", "in the file", "default", "meaning"], options)}`;
}
