package dev.lgc.runtime.io;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The JSON header of a safetensors file, checked:
 *
 * <ul>
 *   <li>it is one JSON object in UTF-8, with nothing but white space around it;
 *   <li>every tensor has a dtype, a shape of at most {@value #MOST_DIMENSIONS} non-negative
 *       dimensions and two offsets, each once, and its bytes are dtype times shape;
 *   <li>the tensors tile the data section: no overlap, no hole, nothing outside, nothing left over.
 * </ul>
 *
 * <p>So does the safetensors library, which also passes over fields that it does not know, and
 * takes {@code null} for no metadata. It takes the last of two tensors of one name; here they are
 * refused, as the format's description forbids them.
 *
 * @param metadata the strings of {@code __metadata__}
 * @param tensors the tensors, in the header's order
 */
record SafetensorsHeader(Map<String, String> metadata, List<Place> tensors) {
  /** Longest header accepted, as in the reference implementation. */
  static final long MOST_BYTES = 100_000_000;

  private static final int MOST_DIMENSIONS = 256;
  private static final int MOST_TENSORS = 200_000;
  private static final int LONGEST_NAME = 4096;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(com.fasterxml.jackson.core.JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(com.fasterxml.jackson.core.JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNameLength(LONGEST_NAME)
                  .maxNestingDepth(128)
                  .maxNumberLength(1000)
                  .build())
          .build();

  /**
   * One tensor: bytes {@code begin .. end} of the data section.
   *
   * @param code what the header calls its type
   */
  record Place(String name, String code, long[] shape, long begin, long end) {
    /** Its type, if its numbers can be read. */
    Optional<StoredType> dtype() {
      return StoredType.named(code);
    }
  }

  /** Parses and checks {@code header}, of a file whose data section has {@code dataBytes} bytes. */
  static SafetensorsHeader parse(Path path, MemorySegment header, long dataBytes) {
    if (first(header) != '{') {
      throw bad(path, "the header does not start with '{'", "a JSON object", null);
    }
    SafetensorsHeader parsed;
    try (JsonParser json = JSON.createParser(new SegmentInput(header))) {
      parsed = new Parse(path, json).header();
    } catch (JacksonException e) {
      String where = e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset();
      throw bad(path, "header" + where + ": " + e.getOriginalMessage(), "valid JSON", e);
    } catch (IOException e) {
      throw bad(path, "header: " + e.getMessage(), "valid JSON in UTF-8", e);
    }
    checkTiling(path, parsed.tensors, dataBytes);
    return parsed;
  }

  /** The first byte that is not white space. */
  private static int first(MemorySegment header) {
    int found = ' ';
    for (long i = 0; i < header.byteSize() && " \t\r\n".indexOf(found) >= 0; i++) {
      found = header.get(ValueLayout.JAVA_BYTE, i);
    }
    return found;
  }

  private static void checkTiling(Path path, List<Place> tensors, long dataBytes) {
    Place[] byOffset = tensors.toArray(Place[]::new);
    Arrays.sort(byOffset, Comparator.comparingLong(Place::begin).thenComparingLong(Place::end));
    long at = 0;
    for (Place p : byOffset) {
      if (p.begin < at) {
        throw bad(path, p.name + " overlaps the tensor before it", "byte " + at, null);
      }
      if (p.begin > at) {
        throw bad(
            path, Text.format("bytes %d to %d belong to no tensor", at, p.begin), "none", null);
      }
      at = p.end;
      if (at > dataBytes) {
        String found = Text.format("%s ends at byte %d of %d", p.name, at, dataBytes);
        throw BadInputException.in(path, found, "a complete file", "it is truncated or damaged");
      }
    }
    if (at != dataBytes) {
      throw bad(path, (dataBytes - at) + " bytes after the last tensor", "none", null);
    }
  }

  private static BadInputException bad(Path path, String what, String expected, Throwable cause) {
    return new BadInputException(
        path + ": " + what, expected, "the file is damaged or not safetensors", cause);
  }

  /** The recursive descent over the tokens. */
  private record Parse(Path path, JsonParser json) {

    SafetensorsHeader header() throws IOException {
      want(json.nextToken(), JsonToken.START_OBJECT, "the header");
      Map<String, String> metadata = null;
      List<Place> tensors = new ArrayList<>();
      Set<String> names = new HashSet<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        checkText(name);
        if (!names.add(name)) {
          throw bad(path, "two tensors are called " + name, "one", null);
        } else if (name.equals("__metadata__")) {
          metadata = metadata();
        } else if (tensors.size() == MOST_TENSORS) {
          throw bad(path, "more than " + MOST_TENSORS + " tensors", "fewer", null);
        } else {
          tensors.add(place(name));
        }
      }
      want(json.currentToken(), JsonToken.END_OBJECT, "the header");
      if (json.nextToken() != null) {
        throw bad(path, "more than one JSON value in the header", "one object", null);
      }
      return new SafetensorsHeader(metadata == null ? Map.of() : metadata, tensors);
    }

    private Map<String, String> metadata() throws IOException {
      if (json.nextToken() == JsonToken.VALUE_NULL) {
        return Map.of();
      }
      want(json.currentToken(), JsonToken.START_OBJECT, "__metadata__");
      Map<String, String> metadata = new LinkedHashMap<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        want(json.nextToken(), JsonToken.VALUE_STRING, "__metadata__." + key);
        checkText(key);
        metadata.put(key, json.getText());
      }
      return metadata;
    }

    private Place place(String name) throws IOException {
      want(json.nextToken(), JsonToken.START_OBJECT, name);
      String dtype = null;
      long[] shape = null;
      long[] offsets = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        switch (json.currentName()) {
          case "dtype" -> dtype = once(name + ".dtype", dtype, dtype(name));
          case "shape" -> shape = once(name + ".shape", shape, longs(name + ".shape"));
          case "data_offsets" ->
              offsets = once(name + ".data_offsets", offsets, longs(name + ".data_offsets"));
          default -> {
            json.nextToken();
            json.skipChildren();
          }
        }
      }
      if (dtype == null || shape == null || offsets == null) {
        throw bad(path, name + " is incomplete", "dtype, shape and data_offsets", null);
      }
      return checked(name, dtype, shape, offsets);
    }

    private Place checked(String name, String dtype, long[] shape, long[] offsets) {
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw bad(path, name + " has offsets " + Arrays.toString(offsets), "[begin, end]", null);
      }
      Place place = new Place(name, dtype, shape, offsets[0], offsets[1]);
      if (place.dtype().isEmpty()) {
        return place;
      }
      long bytes = place.dtype().get().bytes();
      try {
        for (long d : shape) {
          bytes = Math.multiplyExact(bytes, d);
        }
      } catch (ArithmeticException e) {
        throw bad(path, name + " has shape " + Arrays.toString(shape), "one that fits", e);
      }
      if (bytes != offsets[1] - offsets[0]) {
        String found = Text.format("%s has %d bytes", name, offsets[1] - offsets[0]);
        throw bad(path, found, bytes + " for " + dtype + Arrays.toString(shape), null);
      }
      return place;
    }

    private <T> T once(String what, T before, T now) {
      if (before != null) {
        throw bad(path, what + " is there twice", "one", null);
      }
      return now;
    }

    private String dtype(String name) throws IOException {
      want(json.nextToken(), JsonToken.VALUE_STRING, name + ".dtype");
      return json.getText();
    }

    private long[] longs(String what) throws IOException {
      want(json.nextToken(), JsonToken.START_ARRAY, what);
      long[] values = new long[MOST_DIMENSIONS];
      int n = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        want(json.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
        long v = json.getLongValue();
        if (v < 0) {
          throw bad(path, what + " contains " + v, "no negative number", null);
        }
        if (n == MOST_DIMENSIONS) {
          throw bad(path, what + " is too long", "at most " + MOST_DIMENSIONS + " numbers", null);
        }
        values[n++] = v;
      }
      return Arrays.copyOf(values, n);
    }

    private void checkText(String text) throws CharacterCodingException {
      // Lone surrogates (from \ud800 escapes) could not be written back.
      StandardCharsets.UTF_8
          .newEncoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .encode(java.nio.CharBuffer.wrap(text));
    }

    private void want(JsonToken found, JsonToken wanted, String what) {
      if (found != wanted) {
        throw bad(path, what + " is " + found, wanted.toString(), null);
      }
    }
  }

  /** Reads a segment as a stream, so that a large header is never copied as a whole. */
  private static final class SegmentInput extends InputStream {
    private final MemorySegment from;
    private long at;

    SegmentInput(MemorySegment from) {
      this.from = from;
    }

    @Override
    public int read() {
      return at == from.byteSize() ? -1 : from.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      int n = (int) Math.min(length, from.byteSize() - at);
      if (n == 0) {
        return -1;
      }
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, into, offset, n);
      at += n;
      return n;
    }
  }
}
