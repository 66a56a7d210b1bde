package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Something that kernels are emitted for, with the devices that run them: one entry of {@code
 * device.Targets}, which is the only place where a target is named.
 */
public interface Target {
  /** As users write it after {@code --target} and {@code --kernels}, such as {@code jvm}. */
  String name();

  /** Its first device as users write it after {@code --device}, such as {@code cpu}. */
  String device();

  /**
   * Returns true if there may be several devices, each named {@link #device} with a colon and its
   * number.
   */
  default boolean isNumbered() {
    return true;
  }

  /** A clause for the help of {@code --device}, such as {@code cpu, the default}. */
  String deviceHelp();

  /** A sentence for the help of {@code --kernels}, if there is more to say than the name. */
  default String kernelsHelp() {
    return "";
  }

  /**
   * Returns true if it is worth starting a JVM with {@link #jvmFlags}, by this machine's settings
   * alone. Looks at no device.
   */
  default boolean isInstalled() {
    return true;
  }

  /** Returns true if this JVM can use it; only then are there {@link #devices}. */
  default boolean isReady() {
    return true;
  }

  /** The reason why it {@link #isReady is not ready}: a clause with what would be gained. */
  default String absence() {
    return "";
  }

  /**
   * The flags that a JVM must have to use it, beyond those that this one was given.
   *
   * @throws BadInputException if it is not installed as it must be
   */
  default List<String> jvmFlags() {
    return List.of();
  }

  /**
   * The settings of commands that open devices.
   *
   * @param threads of the CPU
   * @param warn is told, in a line, what is not as it should be
   * @param ranks of the run that the device computes for one of; whoever opened them closes them
   */
  record Settings(int threads, Consumer<String> warn, Ranks ranks) {
    /** Of a run of one rank. */
    public Settings(int threads, Consumer<String> warn) {
      this(threads, warn, new OneRank());
    }
  }

  /**
   * A device that there is.
   *
   * @param name for reports
   * @param gpu whether it is one, and not a processor that poses as a device
   * @param facts for scripts, by their JSON keys
   * @param open opens it; whoever does closes it
   */
  record DeviceInfo(String name, boolean gpu, Map<String, Object> facts, Supplier<Device> open) {}

  /**
   * Its devices, in the order of their numbers.
   *
   * @throws BadInputException if there are none, or they cannot be used
   */
  List<DeviceInfo> devices(Settings settings);

  /** Returns true if its devices read packed weights: see {@link Device#readsPackedWeights}. */
  default boolean readsPackedWeights() {
    return false;
  }

  /** Returns true if its devices multiply BF16: see {@link Device#multipliesBf16}. */
  default boolean multipliesBf16() {
    return false;
  }

  /** Returns true if its devices choose among schedules by measuring ({@code lgc bench --tune}). */
  default boolean isTunable() {
    return false;
  }

  /**
   * The kernels of a plan as emitted for this target, for any machine or for this one.
   *
   * @param number of the first kernel, where names are made unique by numbers
   * @return contents by file name
   * @throws BadInputException if the plan does something that the target cannot
   */
  Map<String, byte[]> emit(ExecutionPlan plan, int number);

  /**
   * The kernels of some steps as text: as near to what the device runs as this JVM can get.
   *
   * @param step whether a step of that name is meant
   * @param note is told, in a line, what a reader should know first
   */
  String print(
      List<ExecutionPlan> plans, Predicate<String> step, Settings settings, Consumer<String> note);
}
