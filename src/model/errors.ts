/**
 * Every error Hyperion raises on purpose, as one table: code → kind and message template.
 *
 * Match on `code`, never on the text. `{name}` in a template is filled from the details given to
 * {@link HyperionError}. The first line is what Docker shows its user, so it stays under
 * {@link MESSAGE_LENGTH_MAX} characters and says what to do.
 */

export type ErrorKind =
  | "invalid"
  | "not-found"
  | "conflict"
  | "exhausted"
  | "unsupported"
  | "unavailable"
  | "internal";

/** Longest first line of a message, in characters: Docker prefixes it and terminals wrap it. */
export const MESSAGE_LENGTH_MAX = 200;

interface ErrorRow {
  readonly kind: ErrorKind;
  readonly message: string;
}

const row = (kind: ErrorKind, message: string): ErrorRow => ({ kind, message });

export const ERRORS = {
  // 1xx: labels and policy. The text is composed by the policy library.
  E101: row("invalid", "{text}"),
  E102: row("invalid", "{text}"),
  E117: row("invalid", "{text}"),
  E121: row("invalid", "{text}"),
  E130: row("invalid", "{text}"),
  E131: row("invalid", "{text}"),
  E133: row("invalid", "{text}"),
  E140: row("invalid", "{text}"),
  E150: row("invalid", "{text}"),

  // 16x: compose files. `place` is file:line:column, or the file alone.
  E160: row("invalid", "{place}: {reason}"),
  E161: row("invalid", "{place}: {path}: {reason}"),
  E162: row("invalid", "{place}: {reason}"),
  E163: row("invalid", "{place}: variable {variable} is required: {reason}"),
  E164: row("invalid", "{place}: {reason}"),
  E165: row("not-found", "no compose file in {directory} or above; name one with -f"),
  E166: row("invalid", "{source}: {name} is no project name; use lower-case letters, digits, - and _"),

  // 17x: admin policies.
  E170: row("invalid", "policy file {path}: {reason}"),
  E171: row("conflict", "{text}"),
  E172: row(
    "conflict",
    "policy {name} was changed meanwhile: it is at version {version}, not {base}; look at it again",
  ),
  E173: row("not-found", "there is no admin policy {name}"),
  E174: row("exhausted", "there is room for {limit} {what}"),
  E175: row("invalid", "{name} is no name of a policy; use lower-case letters, digits and -, at most 64"),
  E176: row("invalid", "{text}"),
  E181: row("invalid", "{text} is not {expected}"),
  E182: row("not-found", "there is no {what} {name}; {hint}"),
  E183: row("invalid", "{place}: {reason}"),
  E185: row("unavailable", "{path}: {reason}"),

  // 19x: what is asked of a running daemon about what runs.
  E190: row("not-found", "nothing that Hyperion knows is called {name}; {hint}"),
  E191: row("invalid", "{name} may be any of {names}; write more of it"),
  E192: row("invalid", "{text}"),

  // 2xx: what arrives on the plugin socket and the admin socket.
  E200: row("invalid", "{method}: the request body is not JSON: {reason}"),
  E201: row("invalid", "{method}: empty request body (a retry of the Docker daemon); please try again"),
  E202: row("invalid", "{method}: {path}: {reason}"),
  E203: row("invalid", "{method}: the request body is larger than {limit} bytes"),
  E204: row("unsupported", "{method} is not a method of the Docker network plugin protocol"),
  E205: row("invalid", "{text} is not {expected}"),

  // 3xx: networks, endpoints and their interfaces.
  E301: row("not-found", "Hyperion does not know network {network}; remove it and create it again"),
  E302: row("conflict", "network {network} exists with other settings; remove it first"),
  E303: row("invalid", "unknown network option {option}; valid options are {valid}"),
  E304: row("invalid", "{option}={value}: expected {expected}"),
  E305: row("conflict", "subnet {prefix} overlaps {other} of network {network}; choose another --subnet"),
  E310: row("not-found", "Hyperion does not know endpoint {endpoint} on network {network}"),
  E311: row("conflict", "address {address} is in use by endpoint {endpoint} on this network"),
  E312: row("conflict", "MAC address {mac} is in use by endpoint {endpoint} on this network"),
  E313: row("invalid", "address {address} is outside the subnets of network {network}"),
  E314: row("invalid", "endpoint {endpoint} has neither an IPv4 nor an IPv6 address"),
  E316: row("conflict", "endpoint {endpoint} exists with other settings; remove it first"),
  E320: row("exhausted", "no VF is free: {used} of {limit} are in use; raise --vf-limit or stop containers"),
  E321: row("exhausted", "no free {what} index: all {limit} are in use"),

  // 4xx: IPAM pools and addresses.
  E401: row("not-found", "address pool {pool} does not exist; remove the network and create it again"),
  E402: row("conflict", "address pool {pool} overlaps pool {other}; choose another --subnet"),
  E403: row("exhausted", "no address is free in {pool}"),
  E404: row("conflict", "address {address} is already in use in pool {pool}"),
  E405: row("invalid", "address {address} is outside pool {pool}"),
  E406: row("invalid", "--ip-range {range} is not inside subnet {pool}"),
  E407: row("exhausted", "no default address pool is free; give one with --subnet"),
  E408: row("invalid", "address {address} is the {role} address of {pool} and cannot be assigned"),

  // 5xx: the data plane.
  E501: row("unavailable", "the data plane refused {operation}: {reason}"),
  E502: row("unsupported", "data plane {url} is not available: {reason}"),
  E503: row(
    "internal",
    "the native library is version {found}, this Hyperion needs {needed}; run npm run setup",
  ),
  E504: row("internal", "the native library lays out {struct}.{field} differently; run npm run setup"),
  E505: row("unavailable", "the native library {path} cannot be loaded: {reason}; run npm run setup"),
  E506: row("unavailable", "no BPF filesystem at {path}; run: mount -t bpf bpf {path}"),
  E507: row("unavailable", "Hyperion needs root (CAP_NET_ADMIN, CAP_BPF); run it with sudo"),
  E508: row("unavailable", "this kernel does not let Hyperion load eBPF: {reason}"),
  E509: row(
    "conflict",
    "another program holds {what} on {device}; remove it: tc qdisc del dev {device} parent ffff:fff1",
  ),
  E510: row("exhausted", "{text}"),
  E511: row("unavailable", "the data plane was lost and what it held with it: {reason}"),

  // 6xx: the machine.
  E601: row("unavailable", "netlink refused {operation} on {device}: {reason}"),
  E602: row("not-found", "there is no network device {device}; see: ip link"),
  E603: row("unavailable", "Docker at {host} did not answer within {timeoutMs} ms"),
  E604: row("unavailable", "Docker at {host} answered {status}: {reason}"),
  E605: row("unavailable", "Docker at {host} cannot be reached: {reason}"),

  // 7xx: configuration and the daemon's own files.
  E701: row("invalid", "unknown option {option}; {hint}"),
  E702: row("invalid", "{option}: {value} is not {expected}"),
  E703: row("invalid", "configuration file {path}: {reason}"),
  E704: row(
    "conflict",
    "another Hyperion daemon (pid {pid}) uses state directory {path}; stop it or choose another --state-dir",
  ),
  E705: row("unavailable", "state directory {path} cannot be written: {reason}"),
  E706: row("conflict", "another process listens on {path}; stop it or choose another socket"),
  E707: row("unavailable", "cannot listen on {path}: {reason}"),
  E708: row("unavailable", "no Hyperion daemon answers on {path}; start it with: hyperion serve"),
  E709: row("unavailable", "the state store failed to {operation}: {reason}"),
  E710: row("conflict", "another Hyperion daemon runs in this network namespace; stop it first"),
  E711: row("unavailable", "the Hyperion daemon on {path} answered {status}: {reason}"),
  E712: row("invalid", "{problem}; the words are: {usage}"),
  E713: row("invalid", "nobody can be asked here, as this is no terminal; --yes does without"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean>>;

/** The one error class. `code` is stable, `kind` says how a caller may react, `cause` is kept across rooms. */
export class HyperionError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(ERRORS[code].message, details), options);
    this.name = "HyperionError";
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.details = details;
  }
}

/** True when `error` is ours and, where `code` is given, carries it. */
export function isHyperionError(error: unknown, code?: ErrorCode): error is HyperionError {
  return error instanceof HyperionError && (code === undefined || error.code === code);
}

/** The text of anything thrown, for an error's `reason`. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name];
    return value === undefined ? whole : String(value);
  });
}
