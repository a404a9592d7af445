/** How a body lies on disk: AES-256-GCM in frames, so that any range can be read and nothing is held whole. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Plain bytes in a frame; the last one may be shorter, and an empty body has one empty frame. */
export const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;
const SALT_BYTES = 32;
const MAGIC = Buffer.from('TVTFRM01');
const HEADER_BYTES = MAGIC.length + SALT_BYTES;
const STORED_FRAME = FRAME_BYTES + TAG_BYTES;
/** Frames read from disk at a time. */
const READ_FRAMES = 8;

/** What a file is encrypted under: the object's data key, and its ARN, so that files cannot be swapped. */
export interface FrameKey {
  readonly dataKey: Uint8Array;
  readonly boundTo: string;
}

/** A key of its own for every file, since the parts of one upload share a data key and frames are numbered from 0. */
function fileKey(key: FrameKey, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key.dataKey, salt, key.boundTo, 32));
}

/** Frame number and whether it is the last: frames moved, repeated or cut off do not decrypt. */
function nonce(frame: number, last: boolean): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(frame, 4);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

export interface FrameWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes the last frame and closes the file. */
  end(): Promise<void>;
  /** Closes the file as it is; the caller removes it. */
  abandon(): Promise<void>;
}

export async function writeFrames(path: string, key: FrameKey, salt: Uint8Array): Promise<FrameWriter> {
  const file = await open(path, 'wx', 0o600);
  const derived = fileKey(key, salt);
  const pending = Buffer.alloc(FRAME_BYTES);
  let [filled, frame] = [0, 0];
  await file.write(Buffer.concat([MAGIC, salt]));
  const seal = async (last: boolean): Promise<void> => {
    const cipher = createCipheriv('aes-256-gcm', derived, nonce(frame, last));
    const sealed = cipher.update(pending.subarray(0, filled));
    cipher.final();
    await file.writev([sealed, cipher.getAuthTag()]);
    [filled, frame] = [0, frame + 1];
  };
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        if (filled === FRAME_BYTES) await seal(false);
        const taken = Math.min(FRAME_BYTES - filled, bytes.length - at);
        pending.set(bytes.subarray(at, at + taken), filled);
        [filled, at] = [filled + taken, at + taken];
      }
    },
    async end() {
      await seal(true);
      await file.close();
    },
    abandon: () => file.close(),
  };
}

export interface PlainRange {
  /** First plain byte. */
  readonly start: number;
  /** One past the last plain byte. */
  readonly end: number;
}

/** Plain bytes of a range of a file that holds `size` of them. Throws when any frame was altered. */
export async function* readFrames(
  path: string,
  key: FrameKey,
  size: number,
  range: PlainRange,
): AsyncGenerator<Uint8Array> {
  if (range.end <= range.start) return;
  const file = await open(path, 'r');
  try {
    const derived = fileKey(key, await readSalt(file));
    const lastFrame = Math.max(0, Math.ceil(size / FRAME_BYTES) - 1);
    const lastNeeded = Math.floor((range.end - 1) / FRAME_BYTES);
    for (let frame = Math.floor(range.start / FRAME_BYTES); frame <= lastNeeded; frame += READ_FRAMES) {
      const count = Math.min(READ_FRAMES, lastNeeded - frame + 1);
      const stored = await readStored(file, frame, count, size);
      yield openFrames(derived, stored, frame, lastFrame, range);
    }
  } finally {
    await file.close();
  }
}

async function readSalt(file: FileHandle): Promise<Uint8Array> {
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
  if (bytesRead !== HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Error('a stored body has no frame header');
  }
  return header.subarray(MAGIC.length);
}

async function readStored(file: FileHandle, frame: number, count: number, size: number): Promise<Buffer> {
  const plain = Math.min(size - frame * FRAME_BYTES, count * FRAME_BYTES);
  const stored = Buffer.alloc(plain + Math.ceil(plain / FRAME_BYTES) * TAG_BYTES);
  for (let filled = 0; filled < stored.length;) {
    const position = HEADER_BYTES + frame * STORED_FRAME + filled;
    const { bytesRead } = await file.read(stored, filled, stored.length - filled, position);
    if (bytesRead === 0) throw new Error('a stored body is shorter than its record says');
    filled += bytesRead;
  }
  return stored;
}

function openFrames(
  derived: Uint8Array,
  stored: Buffer,
  firstFrame: number,
  lastFrame: number,
  range: PlainRange,
): Uint8Array {
  const plain: Buffer[] = [];
  for (let at = 0, frame = firstFrame; at < stored.length; at += STORED_FRAME, frame += 1) {
    const sealed = stored.subarray(at, Math.min(at + STORED_FRAME, stored.length));
    const decipher = createDecipheriv('aes-256-gcm', derived, nonce(frame, frame === lastFrame));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    plain.push(decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)));
    decipher.final();
  }
  const base = firstFrame * FRAME_BYTES;
  return Buffer.concat(plain).subarray(Math.max(0, range.start - base), range.end - base);
}
