package dev.lgc.runtime.cli;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine;

/**
 * A copy of the command-line library that archives of classes can hold. The library is compiled for
 * Java 5, whose class files lack stack maps: such classes are in no archive, nor are lambdas that
 * implement their interfaces, and every start loads and verifies them anew. In the copy they have
 * stack maps. The launcher makes it before its rehearsals; without it, starts are slower.
 */
public final class ArchivableLibrary {
  private static final ClassFile FORMAT =
      ClassFile.of(
          ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
          ClassFile.ClassHierarchyResolverOption.of(
              ClassHierarchyResolver.ofResourceParsing(CommandLine.class.getClassLoader())));

  /** Passes every instruction on: a method whose body is not built anew gets no stack maps. */
  private static final CodeTransform REBUILD =
      CodeTransform.ofStateful(() -> (code, element) -> code.with(element));

  private ArchivableLibrary() {}

  /**
   * Makes the copy.
   *
   * @param args the jar to write
   */
  public static void main(String[] args) throws IOException {
    write(Path.of(args[0]));
  }

  /** The jar that the library is loaded from. */
  static Path original() {
    try {
      return Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Puts the copy at {@code jar}, complete or not at all. It has the time of the original: an
   * archive knows its jars by size and time, and two first starts at once make the same one.
   */
  static void write(Path jar) throws IOException {
    Path temporary =
        jar.resolveSibling("." + jar.getFileName() + "-" + ProcessHandle.current().pid());
    try {
      try (JarFile from = new JarFile(original().toFile());
          ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(temporary))) {
        for (JarEntry entry : Collections.list(from.entries())) {
          byte[] content = from.getInputStream(entry).readAllBytes();
          ZipEntry copy = new ZipEntry(entry.getName());
          copy.setTime(entry.getTime());
          to.putNextEntry(copy);
          to.write(entry.getName().endsWith(".class") ? withStackMaps(content) : content);
        }
      }
      Files.setLastModifiedTime(temporary, Files.getLastModifiedTime(original()));
      Files.move(temporary, jar, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static byte[] withStackMaps(byte[] bytes) {
    ClassModel old = FORMAT.parse(bytes);
    return old.majorVersion() > ClassFile.JAVA_5_VERSION
        ? bytes
        : FORMAT.transformClass(
            old,
            ClassTransform.transformingMethodBodies(REBUILD)
                .andThen(
                    ClassTransform.endHandler(c -> c.withVersion(ClassFile.JAVA_8_VERSION, 0))));
  }
}
