// A WebAssembly module and the buffers through which values cross. See src/wire.rs for what stands in them.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
export const HALF_A_PAIR = /\p{Surrogate}/u;

const NOTHING = 0, FALSE = 1, TRUE = 2, LONE_SURROGATE = 3, OTHER = 4, TEXT = 8;

/** Fetches and compiles a module, at once where the server says what it is. */
async function instantiate(source) {
  let module = await source;
  // Asked of octets first: to node, `Request` and `Response` are 50 ms of loading.
  if (module.byteLength === undefined && !(module instanceof WebAssembly.Module)) {
    if (!(module instanceof Response)) module = await fetch(module);
    if (!module.ok) throw new Error(`${module.url}: ${module.status} ${module.statusText}`);
    if (/^application\/wasm\b/.test(module.headers.get("Content-Type"))) {
      return (await WebAssembly.instantiateStreaming(module)).instance.exports;
    }
    module = await module.arrayBuffer();
  }
  const made = await WebAssembly.instantiate(module);
  return (made.instance ?? made).exports;
}

/** A module once it is loaded, and its buffers. */
export class Core {
  /** The module's functions. */
  exports;
  /** Where its buffers are, which every function takes. */
  buffers;
  /** Its memory, by words. */
  memory = new Uint32Array(0);
  /** How many octets the texts take that are written. */
  octets = 0;
  #words = new Uint32Array(0);
  #text = new Uint8Array(0);
  #ready;

  /** Loads the module, once; whoever was offline may try again. */
  async init(source) {
    this.#ready ??= instantiate(source).then((exports) => {
      this.exports = exports;
      this.buffers = exports.buffers();
      this.#reserve(1, 1);
    });
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  /** Makes room for so many words and octets; what is written stays. A view of memory that has grown since has no length. */
  #reserve(words, octets) {
    if (!this.exports) throw new Error("call and await init() first");
    const { memory, reserve, words_in, text_in } = this.exports;
    words = Math.max(words, 64);
    octets = Math.max(octets, 1024);
    if (octets > 0x7fffffff || !reserve(this.buffers, words, octets)) throw new RangeError("the value is too large to be checked");
    this.#words = new Uint32Array(memory.buffer, words_in(this.buffers) >>> 0, words);
    this.#text = new Uint8Array(memory.buffer, text_in(this.buffers) >>> 0, octets);
  }

  /** Writes a text behind the others; answers its octets, or -1 where it has half a surrogate pair. */
  #write(text) {
    const units = text.length, from = this.octets;
    if (this.#text.length <= from + 3 * units) this.#reserve(1, 2 * from + 3 * units + 1);
    const octets = this.#text;
    let at = from;
    // Short texts, which are most, are written sooner than handed over. So is what is ASCII in them, by a loop of its own.
    if (units <= 256) {
      let index = 0, plain;
      while (index < units && (plain = text.charCodeAt(index)) < 0x80) octets[from + index++] = plain;
      at += index;
      for (; index < units; index++) {
        const unit = text.charCodeAt(index);
        if (unit < 0x80) {
          octets[at++] = unit;
        } else if (unit < 0x800) {
          octets[at++] = 0xc0 | (unit >> 6);
          octets[at++] = 0x80 | (unit & 0x3f);
        } else if ((unit & 0xf800) !== 0xd800) {
          octets[at++] = 0xe0 | (unit >> 12);
          octets[at++] = 0x80 | ((unit >> 6) & 0x3f);
          octets[at++] = 0x80 | (unit & 0x3f);
        } else {
          break;
        }
      }
      if (index === units) {
        this.octets = at;
        return at - from;
      }
    }
    const { written } = encoder.encodeInto(text, octets.subarray(from));
    if (written !== units && HALF_A_PAIR.test(text)) return -1;
    this.octets = from + written;
    return written;
  }

  /** Writes a form's value behind the others; answers its word. */
  #value(value) {
    if (typeof value !== "string") {
      return value === undefined || value === null ? NOTHING : value === true ? TRUE : value === false ? FALSE : OTHER;
    }
    const octets = this.#write(value);
    return octets < 0 ? LONE_SURROGATE : TEXT + octets;
  }

  /** Writes a form's value; answers its word. */
  value(value) {
    this.octets = 0;
    return this.#value(value);
  }

  /** Writes a form's values. */
  values(values) {
    this.octets = 0;
    const { length } = values;
    for (let index = 0; index < length; index++) {
      const word = this.#value(values[index]);
      // Here, because a text may have moved them.
      if (this.#words.length <= index) this.#reserve(length, this.octets);
      this.#words[index] = word;
    }
  }

  /** Writes numbers, and texts as their octets. */
  flat(values) {
    this.octets = 0;
    const words = values.map((value) => (typeof value === "string" ? this.#write(value) : value));
    if (this.#words.length < words.length) this.#reserve(words.length, this.octets);
    this.#words.set(words);
  }

  /** Where in the memory the answer is. */
  answer() {
    // A view of memory that has grown since has no length.
    if (!this.memory.length) this.memory = new Uint32Array(this.exports.memory.buffer);
    return this.exports.answer(this.buffers) >>> 2;
  }

  /** A number of two words of an answer. */
  wide(at) {
    return this.memory[at] + (this.memory[at + 1] | 0) * 2 ** 32;
  }

  /** The texts of an answer: their number, where they are, and the octets of each. */
  texts(at) {
    const { memory } = this;
    let end = memory[at + 1];
    return Array.from(memory.subarray(at + 2, at + 2 + memory[at]), (octets) => {
      end += octets;
      return decoder.decode(new Uint8Array(memory.buffer, end - octets, octets));
    });
  }
}
