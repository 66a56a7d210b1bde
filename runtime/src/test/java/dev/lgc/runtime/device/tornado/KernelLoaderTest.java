package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
final class KernelLoaderTest {
  private static byte[] kernel(String text) {
    return ClassFile.of()
        .build(
            ClassDesc.of("dev.lgc.emitted.K"),
            c ->
                c.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_SUPER)
                    .withMethodBody(
                        ConstantDescs.INIT_NAME,
                        ConstantDescs.MTD_void,
                        ClassFile.ACC_PUBLIC,
                        b ->
                            b.aload(0)
                                .invokespecial(
                                    ConstantDescs.CD_Object,
                                    ConstantDescs.INIT_NAME,
                                    ConstantDescs.MTD_void)
                                .return_())
                    .withMethodBody(
                        "toString",
                        MethodTypeDesc.of(ConstantDescs.CD_String),
                        ClassFile.ACC_PUBLIC,
                        b -> b.loadConstant(text).areturn()));
  }

  @Test
  void anEmittedClassIsAResourceOfTheSystemClassLoader() throws IOException {
    KernelLoader system = new KernelLoader(ClassLoader.getSystemClassLoader());
    assertNull(system.getResourceAsStream("dev/lgc/emitted/K.class"));
    byte[] file = kernel("one");
    Object k = new KernelLoader.Classes(system).instance("dev.lgc.emitted.K", file);
    assertEquals("one", k.toString());
    try (InputStream in = system.getResourceAsStream("dev/lgc/emitted/K.class")) {
      assertArrayEquals(file, in.readAllBytes());
    }
  }

  @Test
  void classesOfTwoProgramsMayHaveTheSameName() {
    KernelLoader system = new KernelLoader(ClassLoader.getSystemClassLoader());
    KernelLoader.Classes first = new KernelLoader.Classes(system);
    KernelLoader.Classes second = new KernelLoader.Classes(system);
    Object one = first.instance("dev.lgc.emitted.K", kernel("one"));
    Object two = second.instance("dev.lgc.emitted.K", kernel("two"));
    assertEquals("one two", one + " " + two);
    assertNotSame(one.getClass(), two.getClass());
    Object again = first.instance("dev.lgc.emitted.K", kernel("one"));
    assertSame(one.getClass(), again.getClass());
  }

  @Test
  void whatIsNotEmittedIsFoundAsEver() throws Exception {
    KernelLoader system = new KernelLoader(KernelLoaderTest.class.getClassLoader());
    assertSame(KernelLoader.class, system.loadClass(KernelLoader.class.getName()));
  }

  @Test
  void anAgentsJarIsAddedToIt(@TempDir Path dir) throws Exception {
    Path jar = dir.resolve("agent.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("dev/lgc/emitted/K.class"));
      out.write(kernel("agent"));
    }
    try (KernelLoader system = new KernelLoader(ClassLoader.getSystemClassLoader())) {
      system.appendToClassPathForInstrumentation(jar.toString());
      Class<?> agent = system.loadClass("dev.lgc.emitted.K");
      assertEquals("agent", agent.getConstructor().newInstance().toString());
    }
  }
}
