/**
 * Storage: the tensors that live as long as a session, how they lie in memory, and the passes that
 * change it where a plan only reads them.
 *
 * <pre>
 * StorageDeclaration ::= id: StoredId, type (dtype and shape in memory), layout: TensorLayout [, block: ParameterBlock]
 * StoredId           ::= role, path [, use of a cache]          name: path | role:path
 * TensorLayout       ::= ROW_MAJOR | ROW_PANELS | COLUMN_PANELS
 * WeightType         ::= F32 | BF16 | INT8                      dtype, rounding, scales
 * ParameterBlock     ::= whole: type, shards, group: RankGroup
 * StorageRewrite     ::= PackWeights | QuantizeWeights | QuantizeCaches
 * </pre>
 *
 * <p>The planner gives each declaration a place, which makes it a stored tensor of the plan; the
 * runtime loads and saves those by name. A {@link dev.lgc.compiler.rewrite.storage.WeightType} has
 * everything about one way to store a weight: a new one is a constant there, and a {@link
 * dev.lgc.dsl.type.DType} that kernels read if its elements are of none yet. A {@link
 * dev.lgc.compiler.rewrite.storage.StorageRewrite} chooses the tensors that it changes by how all
 * steps use them, and rewrites each of these uses, so results change by no more than the rounding
 * that was asked for. Of a tensor that is trained a rank may store a {@link
 * dev.lgc.compiler.rewrite.storage.ParameterBlock}; {@link
 * dev.lgc.compiler.rewrite.storage.GatherParameters} has steps gather it.
 */
package dev.lgc.compiler.rewrite.storage;
