/**
 * The reports of a run to its user: numbers while it goes, pictures and curves to look at, and
 * scores of pictures.
 *
 * <h2>Numbers</h2>
 *
 * A run's record is a file of JSON lines, one a step. It is cut back to the step that a run resumes
 * from, so it never tells of steps that were undone. TensorBoard's event files are written beside
 * it for those who use it.
 *
 * {@snippet :
 * try (MetricsLog log = MetricsLog.open(run.resolve("metrics.jsonl"), resumedFrom);
 *     ProgressBar bar = new ProgressBar(title, steps, "step", out, terminal, columns, clock)) {
 *   log.append(step, Map.of("loss", loss, "lr", lr));
 *   bar.update(step, "loss 2.31");
 * }
 * LossCurve.draw(run.resolve("metrics.jsonl"), run.resolve("loss.png"), List.of("loss"));
 * }
 *
 * <h2>Text</h2>
 *
 * {@link dev.lgc.runtime.report.Table} aligns columns and writes numbers with units, {@link
 * dev.lgc.runtime.report.JsonText} is the same for scripts, and {@link
 * dev.lgc.runtime.report.Terminal} knows whether somebody watches.
 *
 * <h2>Pictures</h2>
 *
 * {@snippet :
 * PngGrid.of(pixels, n, 256, 256, 4).labels(names).write(run.resolve("samples.png"));
 * }
 *
 * <h2>Scores</h2>
 *
 * {@link dev.lgc.runtime.report.PictureMetrics} compares a picture with what it should be (PSNR,
 * SSIM); {@link dev.lgc.runtime.report.NearestNeighbours} says which class a picture looks like,
 * having seen real ones, which tells whether class-conditional samples are what was asked for,
 * without any network's weights.
 */
package dev.lgc.runtime.report;
