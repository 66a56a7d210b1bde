package dev.lgc.runtime.device.tornado;

import dev.lgc.runtime.io.BadInputException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/**
 * Look-ups and calls by reflection. A look-up that fails is a mistake of the user, who has another
 * version of TornadoVM; a call throws what the method called throws.
 */
final class TornadoReflection {
  private static final String API = "uk.ac.manchester.tornado.api.";

  private TornadoReflection() {}

  /** A class of TornadoVM's API, by its name below the API's package. */
  static Class<?> type(String name) {
    return named(API + name);
  }

  /** A class, by its full name. */
  static Class<?> named(String name) {
    try {
      return Class.forName(name, false, ClassLoader.getSystemClassLoader());
    } catch (ClassNotFoundException e) {
      throw wrong(name, e);
    }
  }

  static Method method(Class<?> of, String name, Class<?>... parameters) {
    try {
      return of.getMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw wrong(of.getSimpleName() + "." + name, e);
    }
  }

  static Constructor<?> constructor(Class<?> of, Class<?>... parameters) {
    try {
      return of.getConstructor(parameters);
    } catch (NoSuchMethodException e) {
      throw wrong("new " + of.getSimpleName(), e);
    }
  }

  /** The value of a static number. */
  static Number constant(Class<?> of, String name) {
    try {
      return (Number) of.getField(name).get(null);
    } catch (ReflectiveOperationException e) {
      throw wrong(of.getSimpleName() + "." + name, e);
    }
  }

  /** The message of a version of TornadoVM that lacks something. */
  static BadInputException wrong(String what, Throwable cause) {
    return new BadInputException(
        "this version of TornadoVM has no " + what,
        "TornadoVM 5.2.0, with which lgc was tested",
        "set " + Sdk.VARIABLE + " to such a version",
        cause);
  }

  static Object invoke(Method m, Object on, Object... arguments) {
    try {
      return m.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  static Object create(Constructor<?> c, Object... arguments) {
    try {
      return c.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    } catch (InstantiationException | IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RuntimeException unwrapped(InvocationTargetException e) {
    switch (e.getCause()) {
      case RuntimeException r -> throw r;
      case Error r -> throw r;
      case null, default -> throw new IllegalStateException(e.getCause());
    }
  }
}
