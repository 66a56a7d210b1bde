package dev.lgc.runtime.device.tornado;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The system class loader of a JVM that runs TornadoVM ({@code -Djava.system.class.loader}): the
 * usual one, which also has the class files of emitted kernels as resources. TornadoVM looks there
 * for annotations of a kernel; this one has it from memory, with no file and no agent.
 *
 * <p>The classes themselves are loaded by a {@link Classes} for each program, so that the kernels
 * of two programs may have the same names, and are forgotten with it.
 */
public final class KernelLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();

  /** As the JVM makes it, of the class loader that would be the system's otherwise. */
  public KernelLoader(ClassLoader parent) {
    super("lgc", new URL[0], parent);
  }

  /**
   * This JVM's.
   *
   * @throws IllegalStateException if it was not started with {@link Sdk#flags}
   */
  static KernelLoader system() {
    if (ClassLoader.getSystemClassLoader() instanceof KernelLoader k) {
      return k;
    }
    throw new IllegalStateException("this JVM was not started for TornadoVM");
  }

  /** The JVM calls this, by name, to add the classes of an agent such as a profiler. */
  void appendToClassPathForInstrumentation(String jar) throws MalformedURLException {
    addURL(Path.of(jar).toUri().toURL());
  }

  /** The emitted classes of one program. */
  static final class Classes extends ClassLoader {
    private final KernelLoader system;

    Classes(KernelLoader system) {
      super("lgc-kernels", system);
      this.system = system;
    }

    /**
     * An instance of a class, made by its public constructor without parameters.
     *
     * @param name of the class, dotted
     */
    Object instance(String name, byte[] file) {
      try {
        Class<?> type;
        synchronized (getClassLoadingLock(name)) {
          type = findLoadedClass(name);
          if (type == null) {
            system.files.put(name.replace('.', '/') + ".class", file.clone());
            type = defineClass(name, file, 0, file.length);
          }
        }
        return type.getConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    byte[] file = files.get(name);
    return file == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(file);
  }
}
