import type { Docker, DockerImage } from "../platform/docker/docker.ts";

type Labels = Readonly<Record<string, string>>;

/** What is remembered of images, in UTF-16 units of keys and values; the one used longest ago is forgotten first. */
const REMEMBERED_LENGTH_MAX = 4 << 20;
/** And their number. */
const IMAGES_MAX = 1024;

interface Known {
  readonly labels: Labels;
  readonly length: number;
}

/**
 * The labels of images, each asked of Docker once: an id names content, so that an answer stays true, also
 * when Docker has removed the image. That an image is not there is asked again.
 */
export class ImageLabels {
  readonly #docker: Docker;
  readonly #lengthMax: number;
  /** From the one used longest ago to the latest. */
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Labels | undefined>>();
  #length = 0;

  constructor(docker: Docker, lengthMax = REMEMBERED_LENGTH_MAX) {
    this.#docker = docker;
    this.#lengthMax = lengthMax;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Undefined: Docker does not have the image. Rejects with E603 to E605. */
  async of(image: DockerImage): Promise<Labels | undefined> {
    const key = `${image.id} ${image.platform ?? ""}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, known);
      return known.labels;
    }
    const underWay = this.#asked.get(key);
    if (underWay !== undefined) return underWay;
    const asked = this.#ask(key, image).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, image: DockerImage): Promise<Labels | undefined> {
    const labels = await this.#docker.imageLabels(image);
    if (labels !== undefined) this.#remember(key, labels);
    return labels;
  }

  #remember(key: string, labels: Labels): void {
    const length = Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    this.#known.set(key, { labels, length });
    this.#length += length;
    for (const [oldest, { length: freed }] of this.#known) {
      if (this.#length <= this.#lengthMax && this.#known.size <= IMAGES_MAX) break;
      this.#known.delete(oldest);
      this.#length -= freed;
    }
  }
}
