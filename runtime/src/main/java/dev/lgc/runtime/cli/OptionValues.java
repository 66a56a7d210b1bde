package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.NumberRange;
import dev.lgc.runtime.io.BadInputException;
import java.lang.reflect.AnnotatedElement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/**
 * The values that options of all commands may have: numbers within their {@link Range}, and each
 * {@code NAME=VALUE} with another name. Values are checked after a command line is read and before
 * its command runs.
 */
final class OptionValues {
  private OptionValues() {}

  /** Makes {@code line} read numbers as people write them: see {@link NumberRange}. */
  static void strict(CommandLine line) {
    ITypeConverter<Integer> ints = text -> Integer.valueOf(number(text, true));
    ITypeConverter<Long> longs = text -> Long.valueOf(number(text, true));
    ITypeConverter<Double> doubles = text -> Double.valueOf(number(text, false));
    line.registerConverter(int.class, ints).registerConverter(Integer.class, ints);
    line.registerConverter(long.class, longs).registerConverter(Long.class, longs);
    line.registerConverter(double.class, doubles).registerConverter(Double.class, doubles);
  }

  private static String number(String text, boolean whole) {
    if (!NumberRange.isNumber(text, whole)) {
      throw new TypeConversionException("no number: " + text);
    }
    return text;
  }

  /**
   * Refuses what an option of the command cannot be.
   *
   * @throws BadInputException naming the option, its value and its range
   */
  static void check(ParseResult parsed) {
    for (ArgSpec arg : parsed.matchedArgs()) {
      if (NumberRange.isNumber(type(arg))) {
        NumberRange range = range(arg).orElseThrow(() -> new IllegalStateException(name(arg)));
        for (String text : arg.originalStringValues()) {
          if (!range.holds(text)) {
            throw mistake(arg, text, range);
          }
        }
      } else if (Map.class.isAssignableFrom(arg.type())) {
        refuseSameNames(arg);
      } else if (arg.getValue() instanceof Collection<?> all && all.isEmpty()) {
        throw new BadInputException(
            name(arg) + " " + String.join(" ", arg.originalStringValues()),
            "at least one, with commas between several",
            "");
      }
    }
    if (parsed.hasSubcommand()) {
      check(parsed.subcommand());
    }
  }

  /** The mistake that kept a number from being read, if it is that. */
  static Optional<BadInputException> unreadable(ParameterException e) {
    ArgSpec arg = e.getArgSpec();
    if (arg == null || e.getValue() == null || !NumberRange.isNumber(type(arg))) {
      return Optional.empty();
    }
    return range(arg).filter(r -> !r.holds(e.getValue())).map(r -> mistake(arg, e.getValue(), r));
  }

  /** The range of an option that is a number. */
  static Optional<NumberRange> range(ArgSpec arg) {
    return arg.userObject() instanceof AnnotatedElement field
            && field.isAnnotationPresent(Range.class)
        ? Optional.of(of(field.getAnnotation(Range.class), type(arg)))
        : Optional.empty();
  }

  private static NumberRange of(Range r, Class<?> type) {
    return new NumberRange(NumberRange.isWhole(type), r.min(), r.max(), r.above(), r.below());
  }

  /** The type of one value. */
  static Class<?> type(ArgSpec arg) {
    return arg.auxiliaryTypes().length > 0 ? arg.auxiliaryTypes()[0] : arg.type();
  }

  private static BadInputException mistake(ArgSpec arg, String text, NumberRange range) {
    boolean number = NumberRange.isNumber(text, range.whole());
    String kind = range.whole() ? "a whole number" : "a number";
    return new BadInputException(
        name(arg) + " " + text + (number ? " is out of range" : " is not " + kind),
        range.words(),
        "");
  }

  private static void refuseSameNames(ArgSpec arg) {
    Map<String, String> seen = new HashMap<>();
    for (String text : arg.originalStringValues()) {
      String[] parts = text.split("=", 2);
      String value = parts.length < 2 ? "" : parts[1];
      String earlier = seen.putIfAbsent(parts[0], value);
      if (earlier != null) {
        throw new BadInputException(
            Text.format("%s %s is given twice: %s and %s", name(arg), parts[0], earlier, value),
            "one value for each name",
            "");
      }
    }
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec o
        ? Stream.of(o.names()).filter(n -> n.startsWith("--")).findFirst().orElse(o.names()[0])
        : arg.paramLabel();
  }

  /** All of a command's options and parameters, for tests of all. */
  static Map<String, ArgSpec> of(CommandLine command) {
    return command.getCommandSpec().args().stream()
        .collect(Collectors.toMap(OptionValues::name, a -> a, (a, _) -> a));
  }
}
