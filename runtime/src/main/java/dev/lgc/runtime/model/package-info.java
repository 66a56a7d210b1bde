/**
 * Models as the runtime meets them: which one a user means, and its weights on disk.
 *
 * <pre>{@code
 * ModelChoice --Models.check--> CheckedModel --Compiler.compile--> ExecutionPlan --Session.open--> Session
 *                                                     Checkpoint, Weights: files <-> the session's storage
 * }</pre>
 *
 * <p>An {@link dev.lgc.runtime.model.Artifact} has the first two arrows behind it for some batch
 * and some requests; a {@link dev.lgc.runtime.model.PlanSource} goes them only where that does not
 * fit. With weights ({@link dev.lgc.runtime.model.WeightImageWriter}) it has the last arrow behind
 * it too: a {@link dev.lgc.runtime.model.WeightImage} is the session's memory, in a file.
 *
 * <p>A checkpoint is one safetensors file; where ranks hold parameters in blocks it is an index and
 * a shard of each rank, which are read as one ({@link dev.lgc.runtime.model.CheckpointTensors}).
 * Its tensors are the session's storage by name: a parameter or buffer by its path, the optimizer's
 * moments as {@code moment1:PATH} and {@code moment2:PATH}, the average that sampling uses as
 * {@code average:PATH}. Its metadata ({@link dev.lgc.runtime.model.Checkpoint}) says which model it
 * is of, so that {@code lgc sample} needs only the file; {@link dev.lgc.runtime.model.WeightsOf}
 * says which of the two are taken. Which parameters have a row for each class, a {@link
 * dev.lgc.runtime.model.ClassTable} finds out. Weights of other programs have other names: {@link
 * dev.lgc.runtime.model.WeightNames} finds the model's in them.
 */
package dev.lgc.runtime.model;
