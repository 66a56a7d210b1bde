package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.classfile.ClassFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy of the command-line library is the library, and the JVM verifies it by its stack maps. */
@Tag("backend")
final class ArchivableLibraryTest {
  @TempDir private Path dir;

  private Path copy() throws Exception {
    Path jar = dir.resolve("copy.jar");
    ArchivableLibrary.main(new String[] {jar.toString()});
    return jar;
  }

  private static List<String> names(JarFile jar) {
    return jar.stream().map(JarEntry::getName).toList();
  }

  private static byte[] bytes(JarFile jar, String name) throws Exception {
    return jar.getInputStream(jar.getEntry(name)).readAllBytes();
  }

  @Test
  void theSameEntriesAreThereAndOnlyOldClassesAreOthers() throws Exception {
    try (JarFile original = new JarFile(ArchivableLibrary.original().toFile());
        JarFile copy = new JarFile(copy().toFile())) {
      assertEquals(names(original), names(copy));
      int rewritten = 0;
      for (String name : names(copy)) {
        boolean old =
            name.endsWith(".class")
                && ClassFile.of().parse(bytes(original, name)).majorVersion() < 50;
        if (old) {
          assertEquals(52, ClassFile.of().parse(bytes(copy, name)).majorVersion(), name);
          rewritten++;
        } else {
          assertArrayEquals(bytes(original, name), bytes(copy, name), name);
        }
      }
      assertTrue(rewritten > 0, "the library needs no copy any more");
    }
  }

  @Test
  void everyClassPassesTheVerifier() throws Exception {
    URL[] only = {copy().toUri().toURL()};
    try (JarFile jar = new JarFile(dir.resolve("copy.jar").toFile());
        URLClassLoader loader = new URLClassLoader(only, ClassLoader.getPlatformClassLoader())) {
      for (String name : names(jar)) {
        if (name.startsWith("picocli/") && name.endsWith(".class")) {
          String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
          Class.forName(type, true, loader); // a class of this version is verified in no other way
        }
      }
    }
  }

  @Test
  void anotherCopyIsTheSameToAnArchive() throws Exception {
    Path first = dir.resolve("first.jar");
    Files.move(copy(), first);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(copy()));
    assertEquals(
        Files.getLastModifiedTime(first), Files.getLastModifiedTime(dir.resolve("copy.jar")));
    assertEquals(
        Files.getLastModifiedTime(ArchivableLibrary.original()), Files.getLastModifiedTime(first));
  }
}
