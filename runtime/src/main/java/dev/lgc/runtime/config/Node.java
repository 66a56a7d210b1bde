package dev.lgc.runtime.config;

import dev.lgc.dsl.source.Span;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A YAML value with its place.
 *
 * <pre>
 * Node ::= Scalar(text, quoted) | Sequence(Node*) | Mapping((key, Node)*)
 * </pre>
 */
sealed interface Node {
  /** The value's place in the file. */
  Span span();

  /** The value as one line, as it would be given on a command line. */
  String flow();

  /** The kind of value, for messages. */
  String kind();

  /** A word, number or text. */
  record Scalar(Span span, String text, boolean quoted) implements Node {
    boolean isNull() {
      return !quoted && (text.isEmpty() || text.equals("~") || text.equals("null"));
    }

    @Override
    public String flow() {
      return text;
    }

    @Override
    public String kind() {
      return isNull() ? "nothing" : "`" + text.lines().findFirst().orElse("") + "`";
    }
  }

  /** A list. */
  record Sequence(Span span, List<Node> elements) implements Node {
    public Sequence {
      elements = List.copyOf(elements);
    }

    @Override
    public String flow() {
      return elements.stream().map(Node::flow).collect(Collectors.joining(", ", "[", "]"));
    }

    @Override
    public String kind() {
      return "a list of " + elements.size();
    }
  }

  /** Keys with values. */
  record Mapping(Span span, List<Field> fields) implements Node {
    public Mapping {
      fields = List.copyOf(fields);
    }

    @Override
    public String flow() {
      return fields.stream()
          .map(f -> f.key() + ": " + f.value().flow())
          .collect(Collectors.joining(", ", "{", "}"));
    }

    @Override
    public String kind() {
      return "a section with " + fields.size() + (fields.size() == 1 ? " key" : " keys");
    }
  }

  /** One key of a mapping. */
  record Field(String key, Span keySpan, Node value) {}
}
