package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.config.NumberRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Every option of every command that is a number has a range, and is refused outside it. */
@Tag("pure")
final class OptionValuesTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();

  /** What commands cannot do without. */
  private static final Map<String, List<String>> NEEDED =
      Map.of(
          "plan", List.of(ARCH),
          "show", List.of(ARCH),
          "bench", List.of(ARCH),
          "diff", List.of(ARCH, ARCH),
          "compile", List.of(ARCH, "-o", "never.lgc"),
          "tokenize", List.of("-o", "never.codes"));

  /** An option of a command that is a number. */
  record Case(String command, String option, NumberRange range) {
    @Override
    public String toString() {
      return command + " " + option;
    }
  }

  static List<Case> numbers() {
    List<Case> all = new ArrayList<>();
    for (Map.Entry<String, CommandLine> c : Main.commandLine().getSubcommands().entrySet()) {
      for (ArgSpec arg : c.getValue().getCommandSpec().args()) {
        if (NumberRange.isNumber(OptionValues.type(arg))) {
          String name = ((OptionSpec) arg).longestName();
          all.add(new Case(c.getKey(), name, OptionValues.range(arg).orElse(null)));
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void everyNumberHasARange(Case c) {
    assertTrue(c.range() != null, c + " has no @Range with two bounds");
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void whatIsOutsideIsRefusedByNameAndRange(Case c) {
    List<String> refused =
        List.of(
            "",
            "x",
            "NaN",
            "Infinity",
            "0x10",
            "1_0",
            "\u0663",
            "1e999",
            "9".repeat(30),
            "-" + "9".repeat(30));
    for (String value : refused) {
      List<String> words = new ArrayList<>(List.of(c.command(), c.option() + "=" + value));
      words.addAll(NEEDED.getOrDefault(c.command(), List.of()));
      Cli.Result r = Cli.run(words.toArray(String[]::new));
      assertEquals(1, r.code(), () -> c + "=" + value + ": " + r.err());
      assertTrue(r.err().contains(c.option() + " " + value), r.err());
      assertTrue(r.err().contains(c.range().words()), r.err());
    }
  }

  @Test
  void aBatchOfNoneOrLessIsNoBatch() {
    for (String batch : List.of("0", "-1", "2147483647")) {
      Cli.Result r = Cli.run("plan", ARCH, "-m", "TinyGenerator", "-b", batch);
      assertEquals(1, r.code(), r.err());
      assertTrue(r.err().contains("--batch " + batch + " is out of range"), r.err());
      assertTrue(r.err().contains("a whole number from 1 to 1048576"), r.err());
      assertEquals("", r.out());
    }
  }

  @Test
  void limitsAreTwoNumbersAboveNothing() {
    for (String limits : List.of("NaN,1", "1,Infinity", "0,1", "1,1,1", "1", "-1,1", "")) {
      Cli.Result r = Cli.run("plan", ARCH, "-m", "TinyGenerator", "--limits", limits);
      assertEquals(1, r.code(), r.err());
      assertTrue(r.err().contains("--limits " + limits), r.err());
    }
  }

  @Test
  void aListHasAnElement() {
    Cli.Result r = Cli.run("compile", ARCH, "-m", "TinyTokenizer", "-o", "never.lgc", "--target=,");
    assertEquals(1, r.code(), r.err());
    assertTrue(r.err().contains("--target ,"), r.err());
  }

  @Test
  void anOptionIsGivenOnce() {
    Cli.Result batches = Cli.run("plan", ARCH, "-b", "8", "--batch", "8");
    assertEquals(2, batches.code());
    assertTrue(batches.err().contains("--batch"), batches.err());
  }

  @Test
  void aParameterOfAModelIsGivenOnce() {
    for (String command : List.of("check", "plan", "show")) {
      Cli.Result r =
          Cli.run(command, ARCH, "-m", "TinyGenerator", "-p", "dim=8", "--parameter", "dim=10");
      assertEquals(1, r.code(), r.err());
      assertTrue(r.err().contains("dim is given twice: 8 and 10"), r.err());
    }
  }

  @Test
  void aParameterThatTheModelCannotHaveIsNamedWithItsOption() {
    for (String command : List.of("check", "plan", "show", "bench")) {
      Cli.Result r =
          Cli.run(command, ARCH, "-m", "TinyGenerator", "-p", "classes=12", "-p", "dim=7");
      assertEquals(1, r.code(), command + ": " + r.err());
      assertTrue(r.err().contains("tiny.arch:"), command + ": " + r.err());
      assertTrue(r.err().contains("set by `-p dim=7`"), command + ": " + r.err());
      assertTrue(!r.err().contains("classes=12"), command + ": " + r.err());
    }
  }
}
