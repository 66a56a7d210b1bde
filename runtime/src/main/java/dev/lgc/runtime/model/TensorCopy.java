package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileTensor;
import dev.lgc.runtime.io.FloatSource;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorInfo;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Copies tensors of files into a session, in the type and layout in which its plan stores them.
 *
 * @param session that takes the tensors
 * @param model the name of its model, for messages
 * @param rank of this process in its run: of a tensor in parts, its own is copied
 */
record TensorCopy(Session session, String model, int rank) {
  /** The shape in which a file has a stored tensor. */
  static Shape declared(StoredTensor t) {
    return t.part()
        .map(b -> b.whole().shape())
        .orElseGet(() -> t.layout().declared(t.slot().type().shape()));
  }

  /** The work of copying a tensor, once it is known that it fits. */
  Runnable of(SafetensorsFile file, String name, StoredTensor t) {
    TensorType type = t.slot().type();
    TensorInfo found = file.info(name);
    Shape declared = declared(t);
    long[] shape = declared.dims().stream().mapToLong(Integer::longValue).toArray();
    if (!Arrays.equals(found.shape(), shape)) {
      throw BadInputException.in(
          file.path(),
          name + " is " + Arrays.toString(found.shape()),
          declared + ", as in " + model,
          "does it belong to a model with other parameters?");
    }
    MemorySegment to = session.editStorage(t.name());
    FileTensor source = file.source(name);
    Optional<WeightType> weights = WeightType.of(type.dtype());
    if (weights.isEmpty() && found.dtype() != StoredType.of(type.dtype())) {
      throw BadInputException.in(
          file.path(), name + " has type " + found.dtype(), type.dtype().keyword(), "");
    }
    Runnable read =
        weights
            .map(w -> read(source, t, w, to))
            .orElseGet(
                () -> () -> MemorySegment.copy(file.tensor(name).data(), 0, to, 0, type.bytes()));
    if (t.part().isPresent()) {
      return () -> {
        read.run();
        source.checkRead();
      };
    }
    return () -> {
      read.run();
      source.check();
    };
  }

  /** Reads the block of a tensor that this rank stores; what is beyond the tensor's end is zero. */
  private void own(ParameterBlock block, FileTensor source, MemorySegment to) {
    long count = block.elements(rank);
    source.readFloats(block.first(rank), to, 0, count);
    to.asSlice(count * Float.BYTES).fill((byte) 0);
  }

  /** Reads floats of a file as elements of a weight type. */
  private Runnable read(FileTensor whole, StoredTensor t, WeightType type, MemorySegment to) {
    if (t.block().isPresent()) {
      return () -> own(t.block().get(), whole, to);
    }
    FloatSource source =
        t.part().orElse(null) instanceof AxisPart part ? new PartSource(whole, part, rank) : whole;
    LayoutReader elements = new LayoutReader(source, t.layout(), t.slot().type().shape());
    if (type.isScaled()) {
      Tensor scales = session.editStorageTensor(t.id().as(Role.SCALE).name());
      return () -> Quantizer.store(type, elements, to, scales);
    }
    return type.isQuantized() || t.layout() != TensorLayout.ROW_MAJOR
        ? () -> Quantizer.store(type, elements, to)
        : () -> source.readFloats(0, to, 0, source.elements());
  }
}
