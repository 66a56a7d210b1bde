package dev.lgc.runtime.config;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/** The settings of a run as texts that differ where the settings do. */
public final class SettingTexts {
  private SettingTexts() {}

  /** The text of each top-level setting, by its key in a run file. */
  public static Map<String, String> of(RunConfig config) {
    Map<String, String> all = new LinkedHashMap<>();
    for (RecordComponent c : RunConfig.class.getRecordComponents()) {
      try {
        all.put(Binder.key(c), String.valueOf(c.getAccessor().invoke(config)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return all;
  }
}
