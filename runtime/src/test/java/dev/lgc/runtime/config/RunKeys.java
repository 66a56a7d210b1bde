package dev.lgc.runtime.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/** The keys of run files, for tests of all. */
public final class RunKeys {
  private RunKeys() {}

  /** Each by its dotted path, sections and their keys. */
  public static List<String> all() {
    List<String> keys = new ArrayList<>();
    add(RunConfig.class, "", keys);
    return keys;
  }

  private static void add(Class<?> section, String at, List<String> keys) {
    for (RecordComponent c : section.getRecordComponents()) {
      String key = at + Binder.key(c);
      Class<?> type = NumberRangeTest.inner(c);
      if (type.isRecord()) {
        add(type, key + ".", keys);
      } else {
        keys.add(key);
      }
    }
  }
}
