/**
 * Sampling: from conditions to codes to pictures.
 *
 * <pre>
 * classes or captions --CodeSampler (codes.prefill, codes.step …)--> codes --Decoder (decode)--> pictures
 * </pre>
 *
 * <p>The generator's plan does the arithmetic of a step: guidance, temperature, top-k, top-p and
 * the draw. What happens here is the loop over positions, and cutting many samples into batches of
 * the compiled size. What a sample is depends on model, weights, condition, settings, seed and its
 * own number: never on its batch, nor on how many others there are.
 *
 * <p>{@link dev.lgc.runtime.sample.SampleRun} draws any number of them, batch by batch, into a
 * {@link dev.lgc.runtime.sample.PictureFolder} and a {@link dev.lgc.runtime.sample.CodesFile},
 * which hold what is done at any moment; a {@link dev.lgc.runtime.sample.SamplingRecord} beside
 * them says what it was drawn with, so that an interrupted run goes on with nothing else.
 *
 * <p>{@link dev.lgc.runtime.sample.Tokenizer} goes the other way, from pictures to codes. {@link
 * dev.lgc.runtime.sample.CodeExtractor} does so with all pictures of a source, which several ranks
 * may share.
 */
package dev.lgc.runtime.sample;
