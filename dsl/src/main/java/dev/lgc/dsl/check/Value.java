package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The value of an expression while a model is elaborated. */
sealed interface Value
    permits Value.Static, Value.Tensor, Value.Stored, Value.Callable, Instance, Value.Poison {

  /**
   * The number of its elements, those of lists within it counted each time they stand there. The
   * cost of showing or comparing it grows with it.
   */
  default long size() {
    return 1;
  }

  /** The depth of nested lists in it. */
  default int depth() {
    return 0;
  }

  /** A value known before the model runs. */
  sealed interface Static extends Value {}

  record Int(long value) implements Static {}

  record Real(double value) implements Static {}

  record Bool(boolean value) implements Static {}

  record Text(String value) implements Static {
    @Override
    public long size() {
      return 1L + value.length() / 16;
    }
  }

  record None() implements Static {}

  /** A list, or a tuple. */
  record Items(boolean tuple, List<Value> values, long size, int depth) implements Static {
    Items(boolean tuple, List<Value> values) {
      this(tuple, List.copyOf(values), sizeOf(values), depthOf(values));
    }
  }

  /** A word with a meaning of its own: {@code causal}, a row of some scale. */
  record Symbol(String name) implements Static {}

  record Init(Storage.Init init) implements Static {}

  record Element(DType dtype) implements Static {}

  record Scale(Item.Scale item, Module home) implements Static {}

  record Row(Item.Scale scale, String name, Map<String, Value> fields, long size, int depth)
      implements Static {
    Row(Item.Scale scale, String name, Map<String, Value> fields) {
      this(scale, name, fields, sizeOf(fields.values()), depthOf(fields.values()));
    }
  }

  /**
   * A block or model that is not instantiated: its declaration and the variants around it,
   * innermost first.
   */
  record Block(String name, Item.Block item, Module home, List<Layer> layers) implements Static {
    public Block {
      layers = List.copyOf(layers);
    }
  }

  /** A variant of a block. */
  record Layer(Item.Variant item, Module home) {}

  /** A block with arguments, to be instantiated where it gets a path. */
  record Pending(Block block, List<Arg> args, Span span, long size, int depth) implements Static {
    Pending(Block block, List<Arg> args, Span span) {
      this(block, List.copyOf(args), span, sizeOf(values(args)), depthOf(values(args)));
    }

    private static List<Value> values(List<Arg> args) {
      return args.stream().map(Arg::value).toList();
    }
  }

  /** Sub-blocks under a common name. */
  record Container(Map<String, Value> members, long size, int depth) implements Static {
    Container(Map<String, Value> members) {
      this(members, sizeOf(members.values()), depthOf(members.values()));
    }
  }

  /** A model that is instantiated without its tensors, and its static values. */
  record Facts(
      Block block, Map<String, String> arguments, Map<String, Value> facts, long size, int depth)
      implements Static {
    Facts(Block block, Map<String, String> arguments, Map<String, Value> facts) {
      this(block, arguments, facts, sizeOf(facts.values()), depthOf(facts.values()));
    }
  }

  /** Something to be called. */
  sealed interface Callable extends Value {}

  record Function(FunctionDecl declaration, Scope closure) implements Callable {}

  record Method(Instance instance, Forward forward) implements Callable {}

  /** A function of the language, by its name. */
  record Builtin(String name) implements Callable {}

  /** A parameter or buffer. */
  record Stored(Storage storage) implements Value {}

  /** A value of the entry being built. */
  record Tensor(int id, DType dtype, List<Dim> dims) implements Value {
    public Tensor {
      dims = List.copyOf(dims);
    }

    int rank() {
      return dims.size();
    }

    Shape shape() {
      return new Shape(dims.stream().map(Dim::size).toList());
    }

    TensorType type() {
      return new TensorType(dtype, shape());
    }
  }

  /** Stands for what could not be computed; whatever uses it is silent. */
  record Poison() implements Value {}

  /** A forward and where its names are looked up. */
  record Forward(FunctionDecl declaration, Scope scope) {}

  /** An argument with where it came from. */
  record Arg(Optional<Ident> name, Value value, Expr expr, Scope scope) {}

  private static long sizeOf(Collection<Value> parts) {
    long n = 0;
    for (Value v : parts) {
      n = Math.min(n + v.size(), Integer.MAX_VALUE); // enough to be refused, and never wraps
    }
    return Math.max(1, n);
  }

  private static int depthOf(Collection<Value> parts) {
    int most = 0;
    for (Value v : parts) {
      most = Math.max(most, v.depth());
    }
    return most + 1;
  }

  Value POISON = new Poison();
  Value NONE = new None();

  /** As a user would write it. */
  static String render(Value v) {
    return switch (v) {
      case Int i -> Long.toString(i.value());
      case Real r -> number(r.value());
      case Bool b -> Boolean.toString(b.value());
      case Text t -> "\"" + t.value().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
      case None _ -> "none";
      case Items l ->
          l.values().stream()
              .map(Value::render)
              .collect(Collectors.joining(", ", l.tuple() ? "(" : "[", l.tuple() ? ")" : "]"));
      case Symbol s -> s.name();
      case Init i -> render(i.init());
      case Element e -> e.dtype().keyword();
      case Scale s -> s.item().name().text();
      case Row r ->
          r.name().isEmpty()
              ? r.fields().values().stream()
                  .map(Value::render)
                  .collect(Collectors.joining(", ", "(", ")"))
              : r.name();
      case Block b -> b.name();
      case Pending p -> p.block().name() + args(p.args());
      case Container c ->
          c.members().entrySet().stream()
              .map(e -> e.getKey() + " = " + render(e.getValue()))
              .collect(Collectors.joining(", ", "{ ", " }"));
      case Facts f ->
          f.block().name()
              + (f.arguments().isEmpty()
                  ? ""
                  : f.arguments().entrySet().stream()
                      .map(e -> e.getKey() + ": " + e.getValue())
                      .collect(Collectors.joining(", ", "(", ")")));
      case Function f -> f.declaration().name().text();
      case Method m -> m.instance().path() + "." + m.forward().declaration().name();
      case Builtin b -> b.name();
      case Instance i -> i.path().toString();
      case Stored s -> s.storage().path();
      case Tensor t -> t.type().toString();
      case Poison _ -> "?";
    };
  }

  private static String args(List<Arg> args) {
    return args.stream()
        .map(a -> a.name().map(n -> n + ": ").orElse("") + render(a.value()))
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String render(Storage.Init init) {
    return switch (init) {
      case Storage.Init.Constant c ->
          c.value() == 0
              ? "zeros"
              : c.value() == 1 ? "ones" : "constant(" + number(c.value()) + ")";
      case Storage.Init.Normal n ->
          "normal(" + number(n.mean()) + ", " + number(n.deviation()) + ")";
      case Storage.Init.Uniform u -> "uniform(" + number(u.low()) + ", " + number(u.high()) + ")";
    };
  }

  /** A float with a point, shortest form. */
  static String number(double d) {
    return Double.isInfinite(d)
        ? d > 0 ? "inf" : "-inf"
        : Double.toString(d).replace("E-", "e-").replace("E", "e");
  }

  /** Returns true for values that only a running model has. */
  static boolean isTensor(Value v) {
    return v instanceof Tensor || v instanceof Stored;
  }

  /** The kind of a value in words, with its article. */
  static String kind(Value v) {
    return switch (v) {
      case Int _ -> "an int";
      case Real _ -> "a float";
      case Bool _ -> "a bool";
      case Text _ -> "a string";
      case None _ -> "none";
      case Items l -> l.tuple() ? "a tuple" : "a list";
      case Symbol _ -> "the word `" + ((Symbol) v).name() + "`";
      case Init _ -> "an initial value";
      case Element _ -> "an element type";
      case Scale _ -> "a scale";
      case Row r -> "a row of " + r.scale().name();
      case Block b -> b.item().model() ? "the model " + b.name() : "the block " + b.name();
      case Pending p -> "a new " + p.block().name();
      case Container _ -> "a group of sub-blocks";
      case Facts f -> "the model " + f.block().name();
      case Function _, Builtin _ -> "a function";
      case Method _ -> "a forward";
      case Instance _ -> "a sub-block";
      case Stored s ->
          (s.storage().role() == Storage.Role.BUFFER ? "a buffer " : "a parameter ")
              + s.storage().type();
      case Tensor t -> "a tensor " + t.type();
      case Poison _ -> "?";
    };
  }
}
