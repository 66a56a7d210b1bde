package dev.lgc.runtime.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Links, files, packages, properties and variables that the documents name are ones that exist. */
@Tag("pure")
final class DocumentsTest {
  private static final Path ROOT = SharedFiles.projectRoot();
  private static final List<String> MODULES =
      List.of("dsl", "compiler", "runtime", "models", "examples");

  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  /** A package or class, from its module's name on. */
  private static final Pattern QUALIFIED =
      Pattern.compile("(?:dsl|compiler|runtime)(?:\\.[a-z]+)*(?:\\.[A-Z][A-Za-z0-9]+)?");

  private static List<Path> documents() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String page : List.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md")) {
      all.add(ROOT.resolve(page));
    }
    for (String folder : List.of("docs", "models/README.md", "examples")) {
      all.addAll(files(folder, p -> p.toString().endsWith(".md")));
    }
    return all;
  }

  private static List<Path> files(String folder, Predicate<Path> which) throws IOException {
    try (Stream<Path> all = Files.walk(ROOT.resolve(folder))) {
      return all.filter(which).sorted().toList();
    }
  }

  private static List<Path> sources() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String module : MODULES) {
      if (Files.isDirectory(ROOT.resolve(module).resolve("src"))) {
        all.addAll(files(module + "/src", p -> p.toString().endsWith(".java")));
      }
    }
    return all;
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : documents()) {
      String prose = Files.readString(page).replaceAll("(?s)```.*?```|`[^`\n]*`", "");
      Matcher m = LINK.matcher(prose);
      while (m.find()) {
        links++;
        if (!Files.exists(page.resolveSibling(m.group(1)))) {
          broken.add(ROOT.relativize(page) + ": " + m.group(1));
        }
      }
    }
    assertTrue(links > 100, links + " links");
    assertEquals(List.of(), broken);
  }

  @Test
  void everySourceFileAndPackageThatIsNamedExists() throws IOException {
    Set<String> names =
        sources().stream().map(p -> p.getFileName().toString()).collect(Collectors.toSet());
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (Path page : documents()) {
      Matcher m = CODE.matcher(Files.readString(page));
      while (m.find()) {
        String code = m.group(1);
        boolean exists;
        if (code.matches("[A-Z][A-Za-z0-9]*\\.java")) {
          exists = names.contains(code);
        } else if (code.matches("[a-z]+/src/[\\w/.-]+")) {
          exists = Files.exists(ROOT.resolve(code));
        } else if (code.contains(".") && QUALIFIED.matcher(code).matches()) {
          String path = "src/main/java/dev/lgc/" + code.replace('.', '/');
          Path module = ROOT.resolve(code.substring(0, code.indexOf('.')));
          exists =
              Files.isDirectory(module.resolve(path))
                  || Files.exists(module.resolve(path + ".java"));
        } else {
          continue;
        }
        found++;
        if (!exists) {
          missing.add(ROOT.relativize(page) + ": " + code);
        }
      }
    }
    assertTrue(found > 40, found + " names");
    assertEquals(List.of(), missing);
  }

  /** {@code `WHOLE` or `LOWERING` of `Passes.java`}. */
  @Test
  void whatARecipeNamesOfAFileStandsInIt() throws IOException {
    Map<String, Path> byName =
        sources().stream()
            .collect(Collectors.toMap(p -> p.getFileName().toString(), p -> p, (a, b) -> a));
    String names = "`\\w+`(?:(?:, | or | and )`\\w+`)*";
    Matcher m =
        Pattern.compile("(" + names + ")\\s+of\\s+`(\\w+\\.java)`")
            .matcher(Files.readString(ROOT.resolve("CONTRIBUTING.md")));
    List<String> missing = new ArrayList<>();
    int found = 0;
    while (m.find()) {
      String text = Files.readString(byName.get(m.group(2)));
      for (String name : matches(m.group(1), "(\\w+)")) {
        found++;
        if (!Pattern.compile("\\b" + name + "\\b").matcher(text).find()) {
          missing.add(m.group(2) + " has no " + name);
        }
      }
    }
    assertTrue(found >= 5, found + " names");
    assertEquals(List.of(), missing);
  }

  @Test
  void everyDecisionIsInTheIndex() throws IOException {
    String index = Files.readString(ROOT.resolve("docs/design/README.md"));
    for (Path page : files("docs/design", Files::isRegularFile)) {
      String name = page.getFileName().toString();
      assertTrue(name.equals("README.md") || index.contains("](" + name + ")"), name);
    }
  }

  @Test
  void everyPackageIsInTheTableOfTheTour() throws IOException {
    String tour = Files.readString(ROOT.resolve("docs/compiler.md"));
    List<String> missing = new ArrayList<>();
    for (String module : List.of("dsl", "compiler", "runtime")) {
      String rows =
          tour.lines()
              .filter(l -> l.matches("\\| [^|]+ \\| `" + module + "[`.].*"))
              .collect(Collectors.joining("\n"));
      Set<String> named = matches(rows, "`(?:" + module + "\\.)?([a-z]+)[`.]");
      try (Stream<Path> packages =
          Files.list(ROOT.resolve(module + "/src/main/java/dev/lgc/" + module))) {
        packages
            .filter(Files::isDirectory)
            .map(p -> p.getFileName().toString())
            .filter(p -> !named.contains(p))
            .forEach(p -> missing.add(module + "." + p));
      }
    }
    assertEquals(List.of(), missing);
  }

  private static Set<String> inTable(String pattern) throws IOException {
    return matches(Files.readString(ROOT.resolve("docs/debugging.md")), "(?m)^\\| `" + pattern);
  }

  private static Set<String> matches(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(m -> m.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyPropertyIsInTheTable() throws IOException {
    Set<String> used = matches(Files.readString(ROOT.resolve("lgc")), "-D(lgc\\.[a-z.-]+)=");
    for (Path file : sources()) {
      used.addAll(matches(Files.readString(file), "\"(lgc\\.[a-z]+(?:[.-][a-z]+)*)\""));
    }
    assertEquals(used, inTable("(lgc\\.[a-z.-]+)`"));
  }

  @Test
  void everyEnvironmentVariableIsInTheTable() throws IOException {
    Set<String> used =
        matches(Files.readString(ROOT.resolve("lgc")), "\\$\\{?([A-Z][A-Z_]{3,})\\b");
    used.removeAll(Set.of("BASH_SOURCE", "BASH_REMATCH", "HOME", "PATH", "OSTYPE"));
    used.add("LGC_TERMINAL"); // the launcher sets it
    for (Path file : sources()) {
      String text = Files.readString(file);
      used.addAll(matches(text, "getenv\\(\"([A-Z_]+)\"\\)"));
      used.addAll(matches(text, "\"(TORNADOVM_HOME|LGC_[A-Z_]+)\""));
    }
    assertEquals(used, inTable("([A-Z][A-Z_]+)`"));
  }
}
