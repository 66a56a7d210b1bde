package dev.lgc.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lgc.dsl.source.Source;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The run files that `lgc train --template` prints. */
@Tag("pure")
final class TemplatesTest {
  private static String template(String kind) throws IOException {
    try (InputStream in =
        TemplatesTest.class.getResourceAsStream("/dev/lgc/runtime/estimate/" + kind + ".yaml")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void templatesAreSound() throws IOException {
    for (String kind : List.of("tokenizer", "generator")) {
      Source source = Source.of(kind, template(kind));
      assertEquals(List.of(), RunFile.parse(source, Path.of("")).diagnostics());
    }
  }

  @Test
  void everySettingStandsInItsSectionOfOneOfThem() throws IOException {
    assertAllStand(RunConfig.class, List.of(template("tokenizer"), template("generator")));
  }

  /** The keys of a section stand in one of {@code texts}: those of the section, its templates'. */
  private static void assertAllStand(Class<?> section, List<String> texts) {
    for (RecordComponent c : section.getRecordComponents()) {
      String key = Binder.key(c);
      List<String> here = texts.stream().filter(t -> key(key, "[ ]*").matcher(t).find()).toList();
      assertFalse(here.isEmpty(), section.getSimpleName() + "'s " + key + " is in no template");
      Class<?> type =
          c.getGenericType() instanceof ParameterizedType p
                  && p.getActualTypeArguments()[0] instanceof Class<?> inner
              ? inner
              : c.getType();
      if (type.isRecord()) {
        assertAllStand(type, here.stream().map(t -> section(key, t)).toList());
      }
    }
  }

  /** A line with a key, which may be a comment, or be told of in the comment of another. */
  private static Pattern key(String key, String indent) {
    return Pattern.compile("(?m)(^(# )?" + indent + "(# )?|`)" + key + ":.*\\R?");
  }

  /** The lines that follow a section's key, and are indented. */
  private static String section(String key, String text) {
    Matcher begin = key(key, "").matcher(text);
    if (!begin.find()) {
      return "";
    }
    Matcher lines = Pattern.compile("((# )?  .*\\R?|# {3}.*\\R?)*").matcher(text);
    lines.region(begin.end(), text.length());
    return lines.lookingAt() ? lines.group() : "";
  }

  @Test
  void aKeyOfAnotherSectionIsNoneOfThisOne() {
    String text = "data:\n  # image: 8\ncodes:\n  path: x\n# start_from:\n#   path: y\n";
    assertEquals("  # image: 8\n", section("data", text));
    assertEquals("  path: x\n", section("codes", text));
    assertEquals("#   path: y\n", section("start_from", text));
  }
}
