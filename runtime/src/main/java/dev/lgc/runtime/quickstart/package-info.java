/**
 * The story of {@code lgc quickstart}: it writes a small model and two run files into a folder,
 * trains a tokenizer on drawn shapes, makes codes of them, trains a generator on the codes and
 * samples from it.
 *
 * <p>{@link dev.lgc.runtime.quickstart.Quickstart} is told how to train and which device to use, so
 * that progress bars and Ctrl-C are those of {@code lgc train}.
 */
package dev.lgc.runtime.quickstart;
