package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.text.Text;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * A work-group on one thread: its items run one after the other from barrier to barrier, as
 * continuations.
 */
final class EmulatedGroup {
  private static final MethodHandle NEW;
  private static final MethodHandle RUN;
  private static final MethodHandle YIELD;
  private static final MethodHandle IS_DONE;
  private static final Object SCOPE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
      Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
      SCOPE = scope.getConstructor(String.class).newInstance("group");
      NEW =
          lookup
              .findConstructor(
                  continuation, MethodType.methodType(void.class, scope, Runnable.class))
              .bindTo(SCOPE)
              .asType(MethodType.methodType(Object.class, Runnable.class));
      MethodType run = MethodType.methodType(void.class, Object.class);
      RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class)).asType(run);
      IS_DONE =
          lookup
              .findVirtual(continuation, "isDone", MethodType.methodType(boolean.class))
              .asType(MethodType.methodType(boolean.class, Object.class));
      YIELD =
          lookup
              .findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
              .bindTo(SCOPE)
              .asType(MethodType.methodType(void.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private EmulatedGroup() {}

  /** What an item does. */
  interface Item {
    void run(KernelContext context);
  }

  /**
   * Runs a group.
   *
   * @param barriers whether there may be any
   * @param backwards whether the last item is first: nothing may depend on it
   * @return bytes of local memory
   */
  static long run(int number, int items, boolean barriers, boolean backwards, Item body) {
    KernelContext.Group group = new KernelContext.Group(EmulatedGroup::yield);
    if (!barriers) {
      for (int i = 0; i < items; i++) {
        body.run(new KernelContext(number, backwards ? items - 1 - i : i, items, group));
      }
      return group.bytes();
    }
    Object[] all = new Object[items];
    Arrays.setAll(
        all,
        i -> {
          KernelContext context =
              new KernelContext(number, backwards ? items - 1 - i : i, items, group);
          return start(() -> body.run(context));
        });
    int done;
    do {
      done = 0;
      for (Object c : all) {
        done += step(c) ? 1 : 0;
      }
      if (done != 0 && done != items) {
        throw new IllegalStateException(
            Text.format(
                "%d of %d items of group %d wait at a barrier that others never reach",
                items - done, items, number));
      }
    } while (done == 0);
    return group.bytes();
  }

  private static Object start(Runnable body) {
    try {
      return NEW.invokeExact(body);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs an item to its next barrier, or to its end: true. */
  private static boolean step(Object continuation) {
    try {
      RUN.invokeExact(continuation);
      return (boolean) IS_DONE.invokeExact(continuation);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void yield() {
    try {
      YIELD.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
