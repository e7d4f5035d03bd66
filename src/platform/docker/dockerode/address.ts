import type { DockerOptions } from "dockerode";
import { HyperionError } from "../../../model/errors.ts";

const DEFAULT_SOCKET = "/var/run/docker.sock";
const PORT_PLAIN = 2375;
const PORT_TLS = 2376;
const EXPECTED = "a Docker host, like unix:///var/run/docker.sock or tcp://127.0.0.1:2375";

/**
 * Reads what the docker command takes in DOCKER_HOST: `unix://[path]`, `tcp://host[:port]`, `http(s)://…`.
 * Throws E702.
 */
export function parseDockerHost(text: string): DockerOptions {
  if (text.startsWith("unix://")) return unixOptions(text.slice("unix://".length) || DEFAULT_SOCKET);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || !["tcp:", "http:", "https:"].includes(url.protocol)) {
    throw new HyperionError("E702", { option: "--docker-host", value: text, expected: EXPECTED });
  }
  const tls = url.protocol === "https:";
  const protocol = tls ? "https" : "http";
  return {
    ...NOTHING_FROM_ENVIRONMENT,
    // With its scheme: docker-modem would take the first group of an IPv6 address for one.
    host: `${protocol}://${url.hostname}`,
    port: url.port || (tls ? PORT_TLS : PORT_PLAIN),
    protocol,
  };
}

/**
 * docker-modem lays our options over those it reads from DOCKER_HOST, DOCKER_CERT_PATH and
 * DOCKER_CLIENT_TIMEOUT; undefined, said aloud, is what keeps the latter out. Its timeout would end a quiet
 * event stream.
 */
const NOTHING_FROM_ENVIRONMENT: DockerOptions = {
  host: undefined,
  port: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
};

function unixOptions(path: string): DockerOptions {
  if (!path.startsWith("/")) {
    const value = `unix://${path}`;
    throw new HyperionError("E702", { option: "--docker-host", value, expected: EXPECTED });
  }
  return { ...NOTHING_FROM_ENVIRONMENT, socketPath: path, protocol: "http" };
}
