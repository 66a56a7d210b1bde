/**
 * Run files: what a training run is, in YAML, as records.
 *
 * <pre>
 * text --YamlReader--> Node --Binder--> RunConfig --RunFile.check--> RunFile
 * </pre>
 *
 * <p>A run file is a tree of settings. Each section is a record whose components are annotated with
 * {@link dev.lgc.runtime.config.Setting}: its default, its range and what it means stand there and
 * nowhere else; reading, checking, and the commented template that {@code lgc train --template}
 * prints are derived from them. A new setting is a new record component.
 *
 * {@snippet :
 * Outcome<RunFile> run = RunFile.read(Path.of("tokenizer.yaml"));
 * if (!run.isOk()) {
 *   System.err.print(Renderer.plain(run.diagnostics()));
 * }
 * run.get().config().optimizer().lr();
 * }
 *
 * <p>Reading is strict. A key nobody knows, a value of another type or outside its range, a key
 * given twice, settings that contradict one another: each is a diagnostic with its place, and all
 * of a file are reported together. YAML's aliases, tags and several documents in one file are
 * refused: a run file says what it means where it says it.
 */
package dev.lgc.runtime.config;
