package dev.lgc.runtime;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Fixtures made by other programs; how each was made stands in the Python file beside it. */
public final class TestResources {
  private TestResources() {}

  /** The file {@code name} of {@code src/test/resources}. */
  public static Path path(String name) {
    URL url = TestResources.class.getClassLoader().getResource(name);
    if (url == null) {
      throw new AssertionError("no test resource " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
