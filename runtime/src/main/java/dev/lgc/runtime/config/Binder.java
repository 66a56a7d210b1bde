package dev.lgc.runtime.config;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Makes records of {@link Node}s: a mapping becomes a record with one component for each key. What
 * a component may hold: numbers, booleans, text, paths, enums (see {@link Scalars}), records, and
 * Optional, List and Map of these.
 */
final class Binder {
  private final Diagnostics problems;
  private final Map<String, Span> places = new LinkedHashMap<>();

  Binder(Diagnostics problems) {
    this.problems = problems;
  }

  /** The place of each given setting, by dotted key ({@code optimizer.lr}). */
  Map<String, Span> places() {
    return places;
  }

  /** The record, or null if a mistake was found anywhere in it. */
  <T extends Record> T bind(Node node, Class<T> type) {
    return type.cast(record(node, type, ""));
  }

  /** The key in YAML: {@code weightDecay} is {@code weight_decay}. */
  static String key(RecordComponent c) {
    return c.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT);
  }

  private Object record(Node node, Class<?> type, String at) {
    if (!(node instanceof Node.Mapping mapping)) {
      if (node instanceof Node.Scalar s && s.isNull()) {
        return record(new Node.Mapping(node.span(), List.of()), type, at);
      }
      Shorthand one = type.getAnnotation(Shorthand.class);
      if (node instanceof Node.Scalar s && one != null) {
        Node.Field field = new Node.Field(one.value(), s.span(), s);
        return record(new Node.Mapping(s.span(), List.of(field)), type, at);
      }
      String keys =
          Arrays.stream(type.getRecordComponents())
              .map(Binder::key)
              .limit(4)
              .collect(Collectors.joining(", "));
      wrong(node, at, "a section with keys such as " + keys);
      return null;
    }
    unknownKeys(mapping, type, at);
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    List<RecordComponent> missing = new ArrayList<>();
    for (int i = 0; i < components.length; i++) {
      arguments[i] = component(mapping, components[i], at, missing);
    }
    if (!missing.isEmpty()) {
      reportMissing(mapping, missing, at);
    }
    return !Arrays.asList(arguments).contains(null) ? construct(type, components, arguments) : null;
  }

  private Object component(
      Node.Mapping mapping, RecordComponent c, String at, List<RecordComponent> missing) {
    Setting setting = c.getAnnotation(Setting.class);
    String key = key(c);
    String path = at.isEmpty() ? key : at + "." + key;
    for (Node.Field f : mapping.fields()) {
      if (f.key().equals(key)) {
        places.put(path, f.value().span().text().isEmpty() ? f.keySpan() : f.value().span());
        return value(f.value(), c.getGenericType(), setting, path);
      }
    }
    Object value = valueWhenLeftOut(mapping, c, setting, path);
    if (value == null) {
      missing.add(c);
    }
    return value;
  }

  private Object valueWhenLeftOut(
      Node.Mapping mapping, RecordComponent c, Setting setting, String path) {
    Node empty = new Node.Mapping(mapping.span(), List.of());
    if (!setting.value().isEmpty()) {
      Source text = Source.of("default", setting.value());
      Node given = YamlReader.read(text).get();
      return value(given, c.getGenericType(), setting, path);
    }
    if (c.getType() == Optional.class) {
      return Optional.empty();
    }
    if (c.getType() == List.class) {
      return List.of();
    }
    if (c.getType() == Map.class) {
      return Map.of();
    }
    if (c.getType().isRecord() && hasDefaults(c.getType())) {
      return record(empty, c.getType(), path);
    }
    return null;
  }

  private void reportMissing(Node.Mapping mapping, List<RecordComponent> missing, String at) {
    String prefix = at.isEmpty() ? "" : at + ".";
    String names =
        missing.stream().map(c -> "`" + prefix + key(c) + "`").collect(Collectors.joining(" and "));
    String meaning =
        missing.stream()
            .map(
                c -> {
                  Setting s = c.getAnnotation(Setting.class);
                  return key(c) + ": " + expected(c.getGenericType(), s) + ", " + s.doc();
                })
            .collect(Collectors.joining("\n"));
    String are = missing.size() == 1 ? " is missing" : " are missing";
    problems.add(
        Diagnostic.of(Code.MISSING_ARGUMENT, start(mapping.span()), names + are)
            .withExpected(meaning));
  }

  /** The first line of a section only: an excerpt of all of it would not help. */
  private static Span start(Span s) {
    int end = s.text().indexOf('\n');
    return end < 0 ? s : new Span(s.source(), s.start(), s.start() + end);
  }

  private static boolean hasDefaults(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .allMatch(
            c ->
                !c.getAnnotation(Setting.class).value().isEmpty()
                    || Set.of(Optional.class, List.class, Map.class).contains(c.getType())
                    || (c.getType().isRecord() && hasDefaults(c.getType())));
  }

  private Object value(Node node, Type type, Setting setting, String path) {
    if (type instanceof ParameterizedType p) {
      Type inner = p.getActualTypeArguments()[p.getRawType() == Map.class ? 1 : 0];
      if (p.getRawType() == Optional.class) {
        if (node instanceof Node.Scalar s && s.isNull()) {
          return Optional.empty();
        }
        Object found = value(node, inner, setting, path);
        return found == null ? null : Optional.of(found);
      }
      return p.getRawType() == List.class
          ? list(node, inner, setting, path)
          : map(node, inner, setting, path);
    }
    Class<?> raw = (Class<?>) type;
    return raw.isRecord() ? record(node, raw, path) : scalar(node, raw, setting, path);
  }

  private Object list(Node node, Type inner, Setting setting, String path) {
    if (!(node instanceof Node.Sequence sequence)
        || (setting.size() >= 0 && sequence.elements().size() != setting.size())) {
      wrong(node, path, expected(inner, setting));
      return null;
    }
    List<Object> all = new ArrayList<>();
    for (Node n : sequence.elements()) {
      all.add(value(n, inner, setting, path));
    }
    return all.contains(null) ? null : List.copyOf(all);
  }

  private Object map(Node node, Type inner, Setting setting, String path) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (node instanceof Node.Scalar s && s.isNull()) {
      return all;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      wrong(node, path, "`name: value` lines");
      return null;
    }
    boolean sound = true;
    for (Node.Field f : mapping.fields()) {
      places.put(path + "." + f.key(), f.value().span());
      Object v =
          inner == String.class
              ? f.value().flow()
              : value(f.value(), inner, setting, path + "." + f.key());
      all.put(f.key(), v);
      sound &= v != null;
    }
    return sound ? all : null;
  }

  private Object scalar(Node node, Class<?> type, Setting setting, String path) {
    if (!(node instanceof Node.Scalar s) || s.isNull()) {
      wrong(node, path, expected(type, setting));
      return null;
    }
    if (NumberRange.isNumber(type) && isOutOfRange(s, type, setting)) {
      problems.add(
          Diagnostic.of(Code.BAD_SETTING, s.span(), "`" + path + "` is out of range")
              .withFound(s.text())
              .withExpected(expected(type, setting) + " (" + setting.doc() + ")"));
      return null;
    }
    Object value = Scalars.parse(s, type);
    if (value == null) {
      Diagnostic d = wrongDiagnostic(node, path, expected(type, setting));
      if (s.quoted() && Scalars.parse(new Node.Scalar(s.span(), s.text(), false), type) != null) {
        d = d.withFound("text, for it is quoted").withHint("remove the quotes");
      } else if (type.isEnum()) {
        d = d.withNear(NearNames.of(s.text(), Scalars.words(type)));
      } else if (type == boolean.class && s.text().matches("(?i)yes|no|on|off")) {
        d = d.withHint("write true or false");
      }
      problems.add(d);
      return null;
    }
    return value;
  }

  private static boolean isOutOfRange(Node.Scalar s, Class<?> type, Setting setting) {
    String text = Scalars.ungrouped(s.text());
    NumberRange range = range(type, setting);
    return !s.quoted() && NumberRange.isNumber(text, range.whole()) && !range.holds(text);
  }

  /** The numbers that a component of type {@code type} may be. */
  static NumberRange range(Class<?> type, Setting s) {
    return new NumberRange(NumberRange.isWhole(type), s.min(), s.max(), s.above(), s.below());
  }

  private void wrong(Node node, String path, String expected) {
    problems.add(wrongDiagnostic(node, path, expected));
  }

  private static Diagnostic wrongDiagnostic(Node node, String path, String expected) {
    String name = path.isEmpty() ? "the file" : "`" + path + "`";
    Span span = node instanceof Node.Scalar ? node.span() : start(node.span());
    return Diagnostic.of(Code.TYPE_MISMATCH, span, name + " has a value of the wrong type")
        .withFound(node.kind())
        .withExpected(expected);
  }

  /** The values that a component takes, in words. */
  static String expected(Type type, Setting setting) {
    if (type instanceof ParameterizedType p) {
      Type[] inner = p.getActualTypeArguments();
      if (p.getRawType() == Map.class) {
        return "`name: value` lines";
      }
      return expected(inner[0], setting);
    }
    Class<?> raw = (Class<?>) type;
    String one = NumberRange.isNumber(raw) ? range(raw, setting).words() : Scalars.name(raw);
    return setting.size() < 0 ? one : "a list of " + setting.size() + ", each " + one;
  }

  private void unknownKeys(Node.Mapping mapping, Class<?> type, String at) {
    Set<String> known = new TreeSet<>();
    for (RecordComponent c : type.getRecordComponents()) {
      known.add(key(c));
    }
    for (Node.Field f : mapping.fields()) {
      if (!known.contains(f.key())) {
        List<String> near = near(f.key(), known, type);
        String place = at.isEmpty() ? "a run file" : "`" + at + "`";
        problems.add(
            Diagnostic.of(Code.UNKNOWN_KEY, f.keySpan(), place + " has no key `" + f.key() + "`")
                .withExpected("one of " + String.join(", ", known))
                .withNear(near));
      }
    }
  }

  private static List<String> near(String key, Set<String> known, Class<?> type) {
    for (RecordComponent c : type.getRecordComponents()) {
      if (List.of(c.getAnnotation(Setting.class).elsewhere()).contains(key)) {
        return List.of(key(c));
      }
    }
    return NearNames.of(key, known);
  }

  private static Object construct(Class<?> type, RecordComponent[] components, Object[] arguments) {
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " cannot be made", e);
    }
  }
}
