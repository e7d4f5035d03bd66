import type { Alternative, Atom } from "./ast.ts";
import type { Subject } from "./subject.ts";

/*
 * Handles make selectors searchable. A peer has a few, a subject has a few, and a peer can match only
 * subjects with which it shares one. So neither "whom does this peer match" nor "which peers match
 * this subject" has to try everybody. Sharing a handle is necessary, not sufficient: ask `matches`.
 */

/** The handle that every container has. */
const EVERYBODY = "*";

/** One handle per alternative: that of its first term that says something definite. */
export function handlesOfPeer(peer: readonly Alternative[], owner: Subject): ReadonlySet<string> {
  const handles = peer.map(({ terms }) => {
    for (const { negated, atom } of terms) {
      const handle = negated ? undefined : handleOf(atom, owner);
      if (handle !== undefined) return handle;
    }
    return EVERYBODY;
  });
  return new Set(peer.length === 0 ? [EVERYBODY] : handles);
}

/** Every handle under which a peer may look for this container. */
export function handlesOfSubject(subject: Subject): readonly string[] {
  const { project, service, swarmService, containerName, groups, labels } = subject;
  const handles = [EVERYBODY];
  if (project !== undefined) handles.push(projectHandle(project));
  if (service !== undefined) handles.push(serviceHandle(project, service));
  if (swarmService !== undefined) handles.push(serviceHandle(project, swarmService));
  if (containerName !== undefined) handles.push(`container:${containerName}`);
  for (const group of groups) handles.push(`group:${group}`);
  for (const [key, value] of labels) handles.push(`has:${key}`, labelHandle(key, value));
  return handles;
}

function handleOf(atom: Atom, owner: Subject): string | undefined {
  switch (atom.kind) {
    case "project":
      return projectHandle(owner.project);
    case "service":
      return serviceHandle(owner.project, owner.service);
    case "project-named":
      return projectHandle(atom.project);
    case "service-named":
      return serviceHandle(atom.project ?? owner.project, atom.service);
    case "group":
    case "container":
      return `${atom.kind}:${atom.name}`;
    case "label-has":
    case "label-in":
      return `has:${atom.key}`;
    case "label-is":
      return labelHandle(atom.key, atom.value);
    default:
      return undefined;
  }
}

function projectHandle(project: string | undefined): string {
  return `project:${project ?? ""}`;
}

function serviceHandle(project: string | undefined, service: string | undefined): string {
  return `service:${project ?? ""}/${service ?? ""}`;
}

function labelHandle(key: string, value: string): string {
  return `is:${key}=${value}`;
}
