package dev.lgc.runtime.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A file or folder of another format where safetensors are expected: its format, found by its
 * content, and what to do about it.
 */
public final class ForeignFile {
  private static final String SAFETENSORS = "a safetensors file";
  private static final String CONVERT =
      "convert it once, where there is PyTorch: the README has the command under \"LlamaGen's"
          + " published weights\"";
  private static final String JOIN =
      "join the shards into one file: the README has the command under \"LlamaGen's published"
          + " weights\"";
  private static final Pattern SHARD = Pattern.compile("(.+)-(\\d+)-of-(\\d+)\\.safetensors");
  private static final Pattern PICKLE = Pattern.compile(".+\\.(pt|pth|bin|ckpt|pkl)");
  private static final long MOST_INDEX = 64 << 20;
  private static final int START = 512;

  /** The first bytes of formats that begin alike in every file; text stands for itself. */
  private enum Format {
    LFS("version https://git-lfs", "a Git LFS pointer, not the weights", "run `git lfs pull`"),
    CODES("LGCCODES", "a code cache", "it is for `codes` of a run file"),
    GGUF("GGUF", "a GGUF file, as llama.cpp has them", "take the safetensors it was made of"),
    NPY("\u0093NUMPY", "a NumPy array", "save it with safetensors.numpy"),
    HDF5("\u0089HDF", "an HDF5 file", "save its tensors with safetensors.numpy"),
    GZIP("\u001f\u008b", "a gzip archive", "unpack it"),
    ZSTD("\u0028\u00b5\u002f\u00fd", "a zstd archive", "unpack it"),
    SEVEN_ZIP("7z\u00bc\u00af", "a 7z archive", "unpack it"),
    PNG("\u0089PNG", "a picture", ""),
    JPEG("\u00ff\u00d8\u00ff", "a picture", "");

    private final byte[] magic;
    private final String what;
    private final String hint;

    Format(String magic, String what, String hint) {
      this.magic = magic.getBytes(StandardCharsets.ISO_8859_1);
      this.what = what;
      this.hint = hint;
    }
  }

  private ForeignFile() {}

  /**
   * The message for a file that is not sound safetensors; empty if it is not recognised.
   *
   * @param content of all of it
   */
  static Optional<BadInputException> recognise(Path path, MemorySegment content) {
    byte[] start = new byte[(int) Math.min(START, content.byteSize())];
    MemorySegment.copy(content, ValueLayout.JAVA_BYTE, 0, start, 0, start.length);
    for (Format f : Format.values()) {
      if (begins(start, f.magic)) {
        return Optional.of(BadInputException.in(path, f.what, SAFETENSORS, f.hint));
      }
    }
    if (begins(start, 'P', 'K', 3, 4)) {
      return Optional.of(archive(path));
    }
    // Protocol 2 to 5; PyTorch before 1.6 wrote a number that tells its files from other pickles.
    if (start.length > 2 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5) {
      return Optional.of(pickle(path));
    }
    if (start.length > 262
        && new String(start, 257, 5, StandardCharsets.US_ASCII).equals("ustar")) {
      return Optional.of(BadInputException.in(path, "a tar archive", SAFETENSORS, "unpack it"));
    }
    if (start.length == 0) {
      return Optional.of(
          BadInputException.in(path, "an empty file", SAFETENSORS, "was it copied completely?"));
    }
    return isText(start) ? Optional.of(text(path, start, content.byteSize())) : Optional.empty();
  }

  private static BadInputException text(Path path, byte[] start, long bytes) {
    String begin = new String(start, StandardCharsets.ISO_8859_1).strip();
    if (begin.startsWith("{")) {
      return json(path, bytes);
    }
    return begin.startsWith("<")
        ? BadInputException.in(
            path,
            "a web page or other markup",
            SAFETENSORS,
            "was a web page saved instead of the file?")
        : BadInputException.in(path, "a text file", SAFETENSORS, "");
  }

  private static boolean begins(byte[] start, int... magic) {
    byte[] bytes = new byte[magic.length];
    for (int i = 0; i < magic.length; i++) {
      bytes[i] = (byte) magic[i];
    }
    return begins(start, bytes);
  }

  private static boolean begins(byte[] start, byte[] magic) {
    return start.length >= magic.length
        && Arrays.equals(start, 0, magic.length, magic, 0, magic.length);
  }

  private static boolean isText(byte... start) {
    for (byte b : start) {
      if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t') {
        return false;
      }
    }
    return true;
  }

  private static BadInputException pickle(Path path) {
    return BadInputException.in(
        path, "a PyTorch checkpoint (a Python pickle)", SAFETENSORS, CONVERT);
  }

  private static BadInputException archive(Path path) {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry e : Collections.list(zip.entries())) {
        String name = e.getName();
        if (name.equals("data.pkl") || name.endsWith("/data.pkl")) {
          return pickle(path);
        }
        if (name.endsWith(".npy")) {
          return BadInputException.in(
              path, "NumPy arrays (.npz)", SAFETENSORS, "save them with safetensors.numpy");
        }
        if (name.equals("manifest")) {
          return BadInputException.in(
              path, "a compiled model (.lgc)", SAFETENSORS, "name it as the model: it has weights");
        }
      }
      return BadInputException.in(path, "a zip archive", SAFETENSORS, "unpack it");
    } catch (IOException e) {
      return PICKLE.matcher(path.getFileName().toString()).matches()
          ? new BadInputException(
              path + ": an incomplete PyTorch checkpoint",
              SAFETENSORS,
              "it may be truncated: download it again",
              e)
          : new BadInputException(path + ": a damaged zip archive", SAFETENSORS, "", e);
    }
  }

  private static BadInputException json(Path path, long bytes) {
    Set<String> shards = bytes > MOST_INDEX ? Set.of() : shards(path);
    if (shards.isEmpty()) {
      return BadInputException.in(path, "JSON text", SAFETENSORS, "");
    }
    String only = shards.iterator().next();
    return BadInputException.in(
        path,
        "an index of weights in " + count(shards.size()),
        SAFETENSORS,
        shards.size() == 1 ? "give that file: " + path.resolveSibling(only) : JOIN);
  }

  /** The files that the {@code weight_map} of an index names; none if it is not one. */
  private static Set<String> shards(Path index) {
    Set<String> names = new TreeSet<>();
    try (InputStream in = Files.newInputStream(index);
        JsonParser json = new JsonFactory().createParser(in)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean map = json.currentName().equals("weight_map");
        if (json.nextToken() == JsonToken.START_OBJECT && map) {
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            if (json.nextToken() == JsonToken.VALUE_STRING) {
              names.add(json.getText());
            } else {
              json.skipChildren();
            }
          }
        } else {
          json.skipChildren();
        }
      }
      return names;
    } catch (IOException e) {
      return Set.of(); // it only looks like one
    }
  }

  private static String count(int shards) {
    return shards == 1 ? "one file" : shards + " files (shards)";
  }

  /**
   * The message for a folder that is given where weights are: one with shards, a pickle, or
   * safetensors of which one has to be named; nothing if there is none of these.
   */
  public static Optional<BadInputException> ofFolder(Path folder) {
    List<Path> shards = new ArrayList<>();
    List<Path> single = new ArrayList<>();
    List<Path> pickles = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path p : files) {
        String name = p.getFileName().toString();
        if (isOneOfSeveral(p)) {
          shards.add(p);
        } else if (name.endsWith(".safetensors")) {
          single.add(p);
        } else if (PICKLE.matcher(name).matches()) {
          pickles.add(p);
        }
      }
    } catch (IOException e) {
      return Optional.empty(); // whoever lists it next says why
    }
    if (!shards.isEmpty()) {
      return Optional.of(
          BadInputException.in(
              folder, "a folder with weights in " + count(shards.size()), SAFETENSORS, JOIN));
    }
    if (!single.isEmpty()) {
      return Optional.of(
          BadInputException.in(
              folder,
              "a folder that is not that of a run",
              SAFETENSORS,
              single.size() == 1
                  ? "name the file: " + single.getFirst()
                  : "name one of its " + single.size() + " .safetensors"));
    }
    return pickles.isEmpty()
        ? Optional.empty()
        : Optional.of(
            BadInputException.in(
                folder,
                "a folder with a PyTorch checkpoint, " + Collections.min(pickles).getFileName(),
                SAFETENSORS,
                CONVERT));
  }

  /** Returns true if a file is named as one of several that hold a model's weights together. */
  public static boolean isOneOfSeveral(Path file) {
    Matcher m = SHARD.matcher(file.getFileName().toString());
    return m.matches() && !m.group(3).matches("0*1");
  }

  /** Returns true if a file is named as weights are, of whatever program. */
  public static boolean isNamedAsWeights(String name) {
    return name.endsWith(".safetensors")
        || name.endsWith(".safetensors.index.json")
        || PICKLE.matcher(name).matches();
  }

  /** The remedy for one of several. */
  public static String join() {
    return JOIN;
  }
}
