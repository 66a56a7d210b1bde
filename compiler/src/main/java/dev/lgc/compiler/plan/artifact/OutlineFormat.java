package dev.lgc.compiler.plan.artifact;

import dev.lgc.dsl.model.CheckedModel.TokenizerFacts;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An outline as bytes; see the package. */
final class OutlineFormat {
  private static final String MAGIC = "LGCO";

  private OutlineFormat() {}

  static byte[] write(Outline o) {
    ByteWriter out = new ByteWriter();
    out.string(o.name());
    texts(out, o.arguments());
    facts(out, o.facts());
    out.list(o.entries(), e -> entry(out, e));
    out.list(
        o.tokenizer().stream().toList(),
        t -> {
          out.string(t.model());
          texts(out, t.arguments());
          facts(out, t.facts());
        });
    return out.finish(MAGIC, Artifact.VERSION);
  }

  private static void texts(ByteWriter out, Map<String, String> texts) {
    out.list(texts.entrySet(), e -> out.string(e.getKey()).string(e.getValue()));
  }

  private static void facts(ByteWriter out, Map<String, Object> facts) {
    out.list(
        facts.entrySet(),
        e -> {
          int kind =
              switch (e.getValue()) {
                case Long _ -> 0;
                case Double _ -> 1;
                case Boolean _ -> 2;
                case String _ -> 3;
                default -> throw new IllegalArgumentException("a fact " + e);
              };
          out.string(e.getKey()).number(kind).string(e.getValue().toString());
        });
  }

  private static void entry(ByteWriter out, Outline.Signature e) {
    out.string(e.name()).of(e.kind());
    out.list(e.inputs(), i -> out.string(i.name()).type(i.type()).place(i.where()));
    out.list(e.outputs().entrySet(), o -> out.string(o.getKey()).type(o.getValue()));
    out.number(e.generated()).place(e.where());
  }

  static Outline read(byte[] bytes) throws ArtifactException {
    try {
      ByteReader in = new ByteReader("the outline", bytes, MAGIC);
      Outline o =
          new Outline(in.string(), texts(in), facts(in), in.list(() -> entry(in)), tokenizer(in));
      in.end();
      return o;
    } catch (IllegalArgumentException e) { // what the records themselves refuse
      throw new ArtifactException("the outline is not sound: " + e.getMessage(), e);
    }
  }

  private static Optional<TokenizerFacts> tokenizer(ByteReader in) throws ArtifactException {
    List<TokenizerFacts> all = in.list(() -> new TokenizerFacts(in.string(), texts(in), facts(in)));
    if (all.size() > 1) {
      throw new ArtifactException("an outline with " + all.size() + " tokenizers");
    }
    return all.stream().findFirst();
  }

  private static Map<String, String> texts(ByteReader in) throws ArtifactException {
    Map<String, String> texts = new LinkedHashMap<>();
    in.list(() -> texts.put(in.string(), in.string()));
    return texts;
  }

  private static Map<String, Object> facts(ByteReader in) throws ArtifactException {
    Map<String, Object> facts = new LinkedHashMap<>();
    in.list(() -> facts.put(in.string(), fact(in)));
    return facts;
  }

  private static Object fact(ByteReader in) throws ArtifactException {
    int kind = in.below(4, "fact kind");
    String text = in.string();
    return switch (kind) {
      case 0 -> Long.valueOf(text);
      case 1 -> Double.valueOf(text);
      case 2 -> Boolean.valueOf(text);
      default -> text;
    };
  }

  private static Outline.Signature entry(ByteReader in) throws ArtifactException {
    String name = in.string();
    Entry.Kind kind = in.of(Entry.Kind.values());
    List<Definition.Input> inputs =
        in.list(() -> new Definition.Input(in.string(), in.type(), in.place()));
    Map<String, TensorType> outputs = new LinkedHashMap<>();
    in.list(() -> outputs.put(in.string(), in.type()));
    int generated = in.below(1L << 31, "codes");
    return new Outline.Signature(name, kind, inputs, outputs, generated, in.place());
  }
}
