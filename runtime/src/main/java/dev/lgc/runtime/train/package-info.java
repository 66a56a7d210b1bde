/**
 * Training. One {@link dev.lgc.runtime.train.Trainer} trains every model: what it does is what the
 * objectives of the {@code .arch} say, in their order.
 *
 * <pre>
 * for each step
 *   for each shard          its buffers -> session
 *     for each micro-batch
 *       data -> Batch
 *       for each objective  Batch, exports of earlier objectives -> OBJ.gradients (later: OBJ.accumulate)
 *     for each objective    OBJ.combine0, OBJ.combine1, …: sums of the shards' gradients, in a tree
 *   for each objective      OBJ.update with this step's learning rate
 * </pre>
 *
 * <p>A tokenizer has two objectives, itself and its discriminator; a generator has one. What an
 * input is fed with follows from its name and type ({@link dev.lgc.runtime.model.InputKind}).
 *
 * <p>{@link dev.lgc.runtime.train.BatchParts} says how a batch is cut, and which parts of it this
 * process computes. Of most runs a batch is one shard of one micro-batch.
 *
 * <p>A run is a function of its run file: data order, crops, dropout and initial weights follow
 * from the seed, the step and the part of the batch, and the sums have a fixed order. A run that
 * was interrupted and goes on gives the bits of one that was not.
 */
package dev.lgc.runtime.train;
