/**
 * Files: written atomically, and read so that a bad one is a sentence and not a stack trace.
 *
 * <h2>Writing</h2>
 *
 * Everything that replaces a file goes through {@link dev.lgc.runtime.io.AtomicFiles}: the bytes
 * are written to a hidden neighbour, forced to the disk, and renamed over the target. A reader, or
 * the same program after a power cut, sees the old file or the new one.
 *
 * {@snippet :
 * AtomicFiles.writeString(dir.resolve("run.json"), json);
 * SafetensorsWriter.write(dir.resolve("step-100.safetensors"), Map.of("step", "100"), tensors);
 * }
 *
 * <h2>Reading tensors</h2>
 *
 * {@snippet :
 * try (SafetensorsFile file = SafetensorsFile.open(path)) {
 *   for (String name : file.names()) {
 *     TensorEntry t = file.tensor(name);          // a view of the mapped file: nothing is copied
 *     t.readFloats(0, arena, offsetBytes, t.elements()); // f64, bf16, f16 and integers become f32
 *   }
 * }
 * }
 *
 * {@code file.source(name)} gives the same numbers by reading the file: what is wanted whole costs
 * less so than page by page, as its mapping is touched. Its {@code check()} compares the checksum
 * that {@link dev.lgc.runtime.io.SafetensorsWriter} put into the file, and refuses NaN and
 * infinity; {@code checkRead()} does so for what was read of it.
 *
 * <p>A file may be the index of several, its shards, each with a block of every tensor ({@link
 * dev.lgc.runtime.io.ShardIndex}). It is read like any other: {@code info(name)} has the whole
 * shape, {@code source(name)} reads across the blocks. What is given in the place of safetensors is
 * recognised by {@link dev.lgc.runtime.io.ForeignFile}. Bytes that mean something already are a
 * {@link dev.lgc.runtime.io.FileRange}.
 *
 * <h2>Errors</h2>
 *
 * Every reader of the runtime reports a file that is missing, damaged, of another kind or hostile
 * as one {@link dev.lgc.runtime.io.BadInputException}, whose message is one line. Writers throw
 * {@link java.io.IOException}: a full disk is not the input's fault.
 */
package dev.lgc.runtime.io;
