/**
 * Data: pictures and codes, from wherever they are to the batch that a training step reads.
 *
 * <h2>Pictures</h2>
 *
 * A {@link dev.lgc.runtime.data.PictureSource} has a size, a label for each index, and reads
 * picture {@code i} as 8-bit RGB. There are four kinds: a folder of image files, MNIST's IDX files,
 * pictures that are drawn on the spot, and views of another source.
 *
 * {@snippet :
 * PictureSource all = ImageFolder.open(Path.of("data/emoji"));
 * PictureSource.Split split = all.holdOutEvery(10);
 * Picture p = new Picture();
 * split.train().read(0, p);
 * new Crops().center(p, 256, p256);      // the reference's crop, bit for bit
 * }
 *
 * What of a folder is taken and what is left out, and why, is counted in {@link
 * dev.lgc.runtime.data.FolderContents}. A picture that cannot be read is remembered by its source;
 * {@link dev.lgc.runtime.data.PictureReader} passes over it, and {@link
 * dev.lgc.runtime.data.PictureScan} finds all such beforehand.
 *
 * <h2>Batches</h2>
 *
 * Which pictures a batch holds, in which order, how each is cropped and whether it is flipped, are
 * pure functions of the seed and of one number: the count of samples drawn so far, over all ranks.
 * That number is the whole state; a run that is resumed with it sees the data it would have seen.
 *
 * {@snippet :
 * PictureLoader.Settings settings = PictureLoader.Settings.training(batch, 256, seed);
 * try (PictureLoader loader = new PictureLoader(split.train(), settings, checkpoint.position())) {
 *   while (training) {
 *     loader.next(pixels, labels);       // f32 [b, 3, 256, 256] in [-1, 1]; i32 [b]
 *   }
 *   save(loader.position());
 * }
 * }
 *
 * <h2>Codes</h2>
 *
 * A tokenizer's codes of a data set are kept in a {@link dev.lgc.runtime.data.CodeCache}, one to
 * four bytes a code, which knows the fingerprint of the tokenizer that made it; {@link
 * dev.lgc.runtime.data.CodeLoader} makes batches of it in the same way. It keeps the names of the
 * classes ({@link dev.lgc.runtime.data.ClassNames}) and of the pictures, by which their captions
 * are found in {@link dev.lgc.runtime.data.TextFeatures}.
 */
package dev.lgc.runtime.data;
