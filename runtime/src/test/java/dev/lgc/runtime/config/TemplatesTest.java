package dev.lgc.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.source.Source;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The run files that `lgc train --template` prints. */
final class TemplatesTest {
  private static String template(String kind) throws IOException {
    try (InputStream in =
        TemplatesTest.class.getResourceAsStream("/dev/lgc/runtime/cli/" + kind + ".yaml")) {
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
  void everySettingStandsInOneOfThem() throws IOException {
    assertAllStand(RunConfig.class, template("tokenizer") + template("generator"));
  }

  private static void assertAllStand(Class<?> section, String text) {
    for (RecordComponent c : section.getRecordComponents()) {
      String key = Binder.key(c);
      assertTrue(
          Pattern.compile("(?m)(^[# ]*(- )?|`)" + key + ":").matcher(text).find(),
          section.getSimpleName() + "'s " + key + " is in no template");
      Class<?> type =
          c.getGenericType() instanceof ParameterizedType p
                  && p.getActualTypeArguments()[0] instanceof Class<?> inner
              ? inner
              : c.getType();
      if (type.isRecord()) {
        assertAllStand(type, text);
      }
    }
  }
}
