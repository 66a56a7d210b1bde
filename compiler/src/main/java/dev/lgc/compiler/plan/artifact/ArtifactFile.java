package dev.lgc.compiler.plan.artifact;

import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Writes and reads {@code .lgc} files. */
public final class ArtifactFile {
  private static final String FIRST_LINE = "lgc-artifact ";
  private static final String MANIFEST = "manifest";
  private static final String OUTLINE = "outline";
  private static final String PLAN = "plans/";
  private static final String TOKENIZER = "tokenizer";
  private static final String SOURCES = "sources/";
  private static final String CODE = "code/";

  /** The end record of a zip without a comment: how it begins, and its bytes. */
  private static final int END = 0x06054b50;

  private static final int END_BYTES = 22;

  private static final int MOST_ENTRIES = 65536;
  private static final int MOST_BYTES = 1 << 28;

  private ArtifactFile() {}

  /**
   * Writes a file.
   *
   * @param attached what is to be found by {@link #attached}
   * @param out empty
   */
  public static void write(
      Artifact artifact, Map<String, Attachments.Content> attached, FileChannel out)
      throws IOException {
    BlockOutput blocks = new BlockOutput(out);
    try (ZipOutputStream zip = new ZipOutputStream(blocks, StandardCharsets.UTF_8)) {
      Attachments.write(attached, zip, blocks);
      write(artifact, zip);
    }
  }

  /** The content of a file with nothing attached: equal artifacts, equal bytes. */
  public static byte[] bytes(Artifact a) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
      write(a, zip);
    } catch (IOException e) {
      throw new IllegalArgumentException("no artifact: " + e.getMessage(), e);
    }
    return out.toByteArray();
  }

  private static void write(Artifact a, ZipOutputStream zip) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put(MANIFEST, manifest(a).getBytes(StandardCharsets.UTF_8));
    a.sources().forEach((n, s) -> entries.put(SOURCES + n, s.getBytes(StandardCharsets.UTF_8)));
    entries.put(OUTLINE, OutlineFormat.write(a.outline()));
    for (int i = 0; i < a.plans().size(); i++) {
      entries.put(PLAN + i, a.plans().get(i).bytes());
    }
    a.tokenizer().ifPresent(t -> entries.put(TOKENIZER, t));
    a.code().forEach((n, b) -> entries.put(CODE + n, b));
    for (Map.Entry<String, byte[]> e : entries.entrySet()) {
      zip.putNextEntry(ZipEntries.named(e.getKey()));
      zip.write(e.getValue());
      zip.closeEntry();
    }
  }

  private static String manifest(Artifact a) {
    StringBuilder s = new StringBuilder(FIRST_LINE).append(Artifact.VERSION).append('\n');
    s.append("model ").append(line(a.outline().name())).append('\n');
    s.append("fingerprint ").append(line(a.fingerprint())).append('\n');
    a.arguments()
        .forEach(
            (k, v) ->
                s.append("argument ").append(line(k)).append(' ').append(line(v)).append('\n'));
    a.plans().forEach(p -> s.append("plan ").append(line(p.purpose())).append('\n'));
    return s.toString();
  }

  private static String line(String s) {
    if (s.chars().anyMatch(c -> c == '\n' || c == '\r')) {
      throw new IllegalArgumentException("more than one line: " + s);
    }
    return s;
  }

  /**
   * Reads a file.
   *
   * @throws ArtifactException if it is no sound artifact of this version
   */
  public static Artifact read(Path file) throws IOException {
    try (FileChannel c = FileChannel.open(file)) {
      requireEnd(c);
      c.position(Attachments.of(c).end());
      return read(new BufferedInputStream(Channels.newInputStream(c)));
    } catch (ArtifactException e) {
      throw new ArtifactException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Refuses a file without the record that ends every zip: entries are read one after the other,
   * and those that were cut off would not be missed.
   */
  private static void requireEnd(FileChannel c) throws IOException {
    ByteBuffer end = ByteBuffer.allocate(END_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (c.size() < END_BYTES
        || c.read(end, c.size() - END_BYTES) < END_BYTES
        || end.getInt(0) != END) {
      throw new ArtifactException("it has no end, or more after it");
    }
  }

  /**
   * The places of a file's attachments, by name.
   *
   * @throws ArtifactException if the file ends before it does
   */
  public static Map<String, Attachments.Extent> attached(Path file) throws IOException {
    try (FileChannel c = FileChannel.open(file)) {
      return Attachments.of(c).extents();
    }
  }

  /** Reads the content of a file with nothing attached; its plans only when they are asked for. */
  public static Artifact read(InputStream in) throws IOException {
    Map<String, byte[]> entries;
    try {
      entries = entries(in);
    } catch (ZipException | IllegalArgumentException e) {
      throw new ArtifactException("not an .lgc file: " + e.getMessage(), e);
    }
    Map<String, String> arguments = new LinkedHashMap<>();
    TreeMap<String, String> sources = new TreeMap<>();
    TreeMap<String, byte[]> code = new TreeMap<>();
    entries.forEach(
        (name, bytes) -> {
          if (name.startsWith(SOURCES)) {
            sources.put(name.substring(SOURCES.length()), utf8(bytes));
          } else if (name.startsWith(CODE)) {
            code.put(name.substring(CODE.length()), bytes);
          }
        });
    List<CompiledPlan> plans = new ArrayList<>();
    List<String> purposes = new ArrayList<>();
    Map<String, String> said = manifest(required(entries, MANIFEST), arguments, purposes);
    for (String purpose : purposes) {
      plans.add(new CompiledPlan(purpose, required(entries, PLAN + plans.size())));
    }
    Outline outline = OutlineFormat.read(required(entries, OUTLINE));
    if (!outline.name().equals(said.get("model"))) {
      throw new ArtifactException("manifest and outline are of different models");
    }
    if (!said.containsKey("fingerprint")) {
      throw new ArtifactException("its manifest has no fingerprint");
    }
    Optional<byte[]> tokenizer = Optional.ofNullable(entries.get(TOKENIZER));
    return new Artifact(
        said.get("fingerprint"), outline, arguments, sources, plans, tokenizer, code);
  }

  private static byte[] required(Map<String, byte[]> entries, String name)
      throws ArtifactException {
    byte[] bytes = entries.get(name);
    if (bytes == null) {
      throw new ArtifactException("not an .lgc file: it has no " + name);
    }
    return bytes;
  }

  private static Map<String, byte[]> entries(InputStream in) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    long left = MOST_BYTES;
    try (ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8)) {
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        String name = e.getName();
        if (name.contains("..") || name.contains("\\") || name.startsWith("/")) {
          throw new ArtifactException("an entry is named " + name);
        }
        byte[] bytes = zip.readNBytes((int) Math.min(left, Integer.MAX_VALUE - 8) + 1);
        left -= bytes.length;
        if (left < 0 || entries.size() >= MOST_ENTRIES) {
          throw new ArtifactException("more than it may hold");
        }
        if (entries.put(name, bytes) != null) {
          throw new ArtifactException("two entries named " + name);
        }
      }
    }
    return entries;
  }

  private static Map<String, String> manifest(
      byte[] bytes, Map<String, String> arguments, List<String> purposes) throws ArtifactException {
    String[] lines = utf8(bytes).split("\n");
    if (IntStream.rangeClosed(Artifact.OLDEST, Artifact.VERSION)
        .noneMatch(v -> lines[0].equals(FIRST_LINE + v))) {
      throw new ArtifactException(
          lines[0].startsWith(FIRST_LINE)
              ? Text.format(
                  "it is of version %s; this lgc reads versions %d to %d",
                  lines[0].substring(FIRST_LINE.length()), Artifact.OLDEST, Artifact.VERSION)
              : "not an .lgc file: its manifest is not one of lgc");
    }
    Map<String, String> said = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      String[] words = lines[i].split(" ", 2);
      if (words.length == 2 && words[0].equals("argument")) {
        String[] argument = words[1].split(" ", 2);
        arguments.put(argument[0], argument.length > 1 ? argument[1] : "");
      } else if (words.length == 2 && words[0].equals("plan")) {
        purposes.add(words[1]);
      } else if (words.length == 2) {
        said.put(words[0], words[1]);
      }
    }
    return said;
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
