package dev.lgc.runtime.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads YAML into {@link Node}s, each with its place. */
final class YamlReader {
  private static final YAMLFactory YAML = new YAMLFactory();

  private final Source source;
  private final YAMLParser parser;
  private final Diagnostics problems = new Diagnostics();

  private YamlReader(Source source, YAMLParser parser) {
    this.source = source;
    this.parser = parser;
  }

  /** The one document of {@code source}; an empty one is an empty mapping. */
  static Outcome<Node> read(Source source) {
    try (YAMLParser parser = YAML.createParser(source.text())) {
      return new YamlReader(source, parser).document();
    } catch (JsonProcessingException e) {
      return Outcome.failed(List.of(syntax(source, e)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome<Node> document() throws IOException {
    if (parser.nextToken() == null) {
      return Outcome.ok(new Node.Mapping(Span.startOf(source), List.of()));
    }
    Node root = node();
    if (parser.nextToken() != null) {
      problems.add(
          Diagnostic.of(Code.UNEXPECTED, here(), "a second document in one file")
              .withExpected("the end of the file")
              .withHint("remove the line `---` and what follows it"));
    }
    return Outcome.of(root, problems);
  }

  /** The value that starts at the parser's current token. */
  private Node node() throws IOException {
    refuseAliases();
    Span start = here();
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(start);
      case START_ARRAY -> sequence(start);
      case VALUE_NULL -> new Node.Scalar(start, "", false);
      default -> scalar(start);
    };
  }

  private Node mapping(Span start) throws IOException {
    List<Node.Field> fields = new ArrayList<>();
    Map<String, Span> seen = new HashMap<>();
    Span last = start;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      Span keySpan = here();
      String key = parser.currentName();
      if (parser.isCurrentAlias()) {
        refuseAliases();
      }
      parser.nextToken();
      Node value = node();
      Span earlier = seen.putIfAbsent(key, keySpan);
      if (earlier == null) {
        fields.add(new Node.Field(key, keySpan, value));
      } else {
        problems.add(
            Diagnostic.of(Code.DUPLICATE_NAME, keySpan, "the key `" + key + "` is given twice")
                .withNote(earlier, "first given here")
                .withHint("keep one of them"));
      }
      last = keySpan.to(value.span());
    }
    return new Node.Mapping(fields.isEmpty() ? start : fields.get(0).keySpan().to(last), fields);
  }

  private Node sequence(Span start) throws IOException {
    List<Node> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(node());
    }
    Span span = start;
    if (!source.text().startsWith("[", start.start())) {
      span = elements.isEmpty() ? start : start.to(elements.getLast().span());
    } else {
      span = start.to(here());
    }
    return new Node.Sequence(span, elements);
  }

  private Node scalar(Span start) throws IOException {
    String text = parser.getText();
    boolean quoted = !start.text().isEmpty() && "\"'|>".indexOf(start.text().charAt(0)) >= 0;
    return new Node.Scalar(start, text, quoted);
  }

  private void refuseAliases() throws IOException {
    if (parser.isCurrentAlias() || parser.getObjectId() != null) {
      problems.add(
          Diagnostic.of(Code.UNEXPECTED, here(), "anchors and aliases cannot be used in run files")
              .withHint("write the value out where it is needed"));
    } else if (parser.getTypeId() != null) {
      problems.add(
          Diagnostic.of(Code.UNEXPECTED, here(), "tags cannot be used in run files")
              .withHint("remove the word with `!`"));
    }
  }

  /** The current token's characters. */
  private Span here() throws IOException {
    int start = offset(source, parser.currentTokenLocation());
    int end = Math.max(start, offset(source, parser.currentLocation()));
    int lineEnd = source.text().indexOf('\n', start);
    if (lineEnd >= 0) {
      end = Math.min(end, lineEnd);
    }
    while (end > start && Character.isWhitespace(source.text().charAt(end - 1))) {
      end--;
    }
    return new Span(source, start, Math.max(start, end));
  }

  private static int offset(Source source, JsonLocation location) {
    if (location == null || location.getLineNr() < 1) {
      return 0;
    }
    int line = Math.min(location.getLineNr(), source.lines());
    String text = source.lineText(line);
    int column = Math.max(0, location.getColumnNr() - 1);
    int points = text.codePointCount(0, text.length());
    return source.lineStart(line) + text.offsetByCodePoints(0, Math.min(column, points));
  }

  private static Diagnostic syntax(Source source, JsonProcessingException e) {
    int at = offset(source, e.getLocation());
    String message = e.getOriginalMessage().lines().map(String::strip).findFirst().orElse("");
    String why =
        e.getOriginalMessage()
            .lines()
            .map(String::strip)
            .filter(l -> !l.isEmpty() && !l.startsWith("in ") && !l.startsWith("^"))
            .filter(l -> !l.equals(message))
            .filter(l -> l.matches("(found|expected|mapping|could|cannot).*"))
            .findFirst()
            .orElse("");
    Diagnostic d = Diagnostic.of(Code.UNEXPECTED, new Span(source, at, at), "this is not YAML");
    String found = why.isEmpty() ? message : message + ": " + why;
    boolean tab = found.contains("TAB");
    return d.withFound(found)
        .withExpected("`key: value` lines, sections indented by spaces")
        .withHint(tab ? "indent with spaces: YAML does not allow tabs" : "");
  }
}
