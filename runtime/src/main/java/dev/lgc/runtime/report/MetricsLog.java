package dev.lgc.runtime.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.lgc.runtime.io.BadInputException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The numbers of a run, one JSON object a line: {@code {"step":12,"loss":2.25,"lr":1.0E-4}}. Steps
 * grow from line to line. A number that is not finite is written as {@code null}.
 *
 * <p>Each line is handed to the system as it is written, so a killed program loses at most the line
 * it was writing; such a torn last line is removed when the log is opened again.
 */
public final class MetricsLog implements AutoCloseable {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final JsonFactory OUT =
      JsonFactory.builder()
          .disable(com.fasterxml.jackson.core.StreamWriteFeature.AUTO_CLOSE_TARGET)
          .build();

  private final FileChannel file;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream(256);

  private MetricsLog(FileChannel file) {
    this.file = file;
  }

  /**
   * One line.
   *
   * @param step which step it tells of
   * @param values numbers by name, in the order of the line; NaN where the line has null
   */
  public record Row(long step, Map<String, Double> values) {}

  /**
   * Opens the log at {@code path}, creating it if need be, and removes every line whose step is
   * greater than {@code lastStep}: 0 for a new run, or the step whose checkpoint is being resumed.
   *
   * @throws BadInputException if the file is something else
   */
  public static MetricsLog open(Path path, long lastStep) throws IOException {
    if (path.toAbsolutePath().getParent() != null) {
      Files.createDirectories(path.toAbsolutePath().getParent());
    }
    long keep = Files.exists(path) ? bytesUpTo(path, lastStep) : 0;
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      file.truncate(keep).position(keep);
      return new MetricsLog(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Appends a line; {@code values} are written in their own order. */
  public void append(long step, Map<String, Double> values) throws IOException {
    line.reset();
    try (JsonGenerator json = OUT.createGenerator(line)) {
      json.writeStartObject();
      json.writeNumberField("step", step);
      for (Map.Entry<String, Double> e : values.entrySet()) {
        if (Double.isFinite(e.getValue())) {
          json.writeNumberField(e.getKey(), e.getValue());
        } else {
          json.writeNullField(e.getKey());
        }
      }
      json.writeEndObject();
    }
    line.write('\n');
    ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
    long begin = file.position();
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      file.truncate(begin).position(begin); // a torn line is let stand only as the last
      throw e;
    }
  }

  /**
   * All lines of a log. A torn last line is passed over.
   *
   * @throws BadInputException if there is no such file or it is something else
   */
  public static List<Row> read(Path path) {
    List<Row> rows = new ArrayList<>();
    try (BufferedReader in = Files.newBufferedReader(path)) {
      String next = in.readLine();
      for (int number = 1; next != null; number++) {
        String text = next;
        next = in.readLine();
        try {
          rows.add(parse(text));
        } catch (IOException e) {
          if (next != null) {
            throw bad(path, number, e);
          }
        }
      }
    } catch (CharacterCodingException e) {
      throw bad(path, rows.size() + 1, e);
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be read", "a metrics log", "", e);
    }
    return rows;
  }

  private static BadInputException bad(Path path, int line, IOException e) {
    return new BadInputException(
        path + ": line " + line + " is not one of a metrics log",
        "{\"step\":1,\"loss\":2.5}",
        "",
        e);
  }

  private static Row parse(String text) throws IOException {
    try (JsonParser json = JSON.createParser(text)) {
      require(json.nextToken() == JsonToken.START_OBJECT);
      long step = -1;
      Map<String, Double> values = new LinkedHashMap<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("step")) {
          require(value == JsonToken.VALUE_NUMBER_INT);
          step = json.getLongValue();
        } else if (value.isNumeric()) {
          values.put(name, json.getDoubleValue());
        } else {
          require(value == JsonToken.VALUE_NULL);
          values.put(name, Double.NaN);
        }
      }
      require(json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null && step >= 0);
      return new Row(step, values);
    }
  }

  private static void require(boolean sound) throws IOException {
    if (!sound) {
      throw new IOException("not a line of metrics");
    }
  }

  /** The position at which the first line begins that is torn or tells of a later step. */
  private static long bytesUpTo(Path path, long lastStep) throws IOException {
    List<Row> rows = read(path);
    long kept = rows.stream().takeWhile(r -> r.step <= lastStep).count();
    long at = 0;
    try (var in = new java.io.BufferedInputStream(Files.newInputStream(path))) {
      long lines = 0;
      long lineEnd = 0;
      for (int b = in.read(); b >= 0 && lines < kept; b = in.read()) {
        at++;
        if (b == '\n') {
          lines++;
          lineEnd = at;
        }
      }
      return lineEnd;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
