package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Writes the class of one task: the kernel, a static method of the kernel context and whole arrays,
 * and {@code apply}, which casts its arguments and calls it. That call is where TornadoVM finds the
 * kernel.
 */
final class TaskWriter {
  private static final String PACKAGE = "dev.lgc.emitted";

  private final Kernel kernel;
  private final KernelCall call;
  private final DeviceLayout.Call places;
  private final List<DeviceArray> arrays;

  /** Numbers of the arrays the task takes. */
  private final List<Integer> taken;

  TaskWriter(Kernel kernel, KernelCall call, DeviceLayout.Call places, List<DeviceArray> arrays) {
    this.kernel = kernel;
    this.call = call;
    this.places = places;
    this.arrays = arrays;
    TreeSet<Integer> numbers = new TreeSet<>();
    places.buffers().forEach(p -> numbers.add(p.array()));
    places.workspace().values().forEach(p -> numbers.add(p.array()));
    taken = List.copyOf(numbers);
  }

  /**
   * The task.
   *
   * @param name of the method and, with the package, of the class
   * @param body writes what the kernel does; it must fall through at the end
   */
  DeviceTask write(String name, int groups, int items, Consumer<Frame> body) {
    ClassDesc self = ClassDesc.of(PACKAGE, name);
    ClassDesc[] types = new ClassDesc[taken.size() + 1];
    types[0] = Names.CONTEXT;
    for (int i = 0; i < taken.size(); i++) {
      types[i + 1] = Names.array(arrays.get(taken.get(i)).dtype());
    }
    MethodTypeDesc type = MethodTypeDesc.of(CD_void, types);
    byte[] bytes =
        ClassFile.of()
            .build(
                self,
                c -> {
                  c.withVersion(ClassFile.JAVA_21_VERSION, 0);
                  c.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL, AccessFlag.SUPER);
                  c.withInterfaceSymbols(Names.task(types.length));
                  constructor(c);
                  apply(c, self, name, type);
                  kernel(c, self, name, type, body);
                  if (kernel.stages().stream().anyMatch(s -> drawsRandomly(s.value()))) {
                    RandomMethod.emit(c);
                  }
                });
    return new DeviceTask(name, PACKAGE + "." + name, bytes, taken, groups * items, items, call);
  }

  private static boolean drawsRandomly(Scalar s) {
    return s instanceof Scalar.Uniform || s.children().stream().anyMatch(TaskWriter::drawsRandomly);
  }

  private static void constructor(ClassBuilder c) {
    c.withMethodBody(
        INIT_NAME,
        MTD_void,
        ClassFile.ACC_PUBLIC,
        b -> b.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_());
  }

  private static void apply(ClassBuilder c, ClassDesc self, String name, MethodTypeDesc type) {
    List<ClassDesc> objects = Collections.nCopies(type.parameterCount(), CD_Object);
    c.withMethodBody(
        "apply",
        MethodTypeDesc.of(CD_void, objects),
        ClassFile.ACC_PUBLIC,
        b -> {
          for (int i = 0; i < type.parameterCount(); i++) {
            b.aload(i + 1).checkcast(type.parameterType(i));
          }
          b.invokestatic(self, name, type).return_();
        });
  }

  private void kernel(
      ClassBuilder c, ClassDesc self, String name, MethodTypeDesc type, Consumer<Frame> body) {
    c.withMethodBody(
        name,
        type,
        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
        b -> {
          Code code = new Code(b);
          Code.Var context = code.parameter("context", Names.CONTEXT);
          List<Code.Var> variables = new ArrayList<>();
          for (int i = 0; i < taken.size(); i++) {
            variables.add(code.parameter("a" + taken.get(i), type.parameterType(i + 1)));
          }
          Map<DType, Memory.Device> workspace = new EnumMap<>(DType.class);
          places.workspace().forEach((t, p) -> workspace.put(t, memory(variables, p)));
          List<Memory.Device> buffers =
              places.buffers().stream().map(p -> memory(variables, p)).toList();
          body.accept(new Frame(kernel, self, code, context, buffers, workspace));
          b.return_();
          code.end();
        });
  }

  private Memory.Device memory(List<Code.Var> variables, DeviceLayout.Place p) {
    Code.Var array = variables.get(taken.indexOf(p.array()));
    return new Memory.Device(arrays.get(p.array()).dtype(), array, p.offset(), null);
  }
}
