/**
 * The {@code lgc} program: one picocli command, one class for each subcommand.
 *
 * <h2>A command</h2>
 *
 * A command is a class with its options as fields, one call of what computes, and the printing of
 * the result:
 *
 * {@snippet :
 * @Command(name = "count", mixinStandardHelpOptions = true, description = "Counts parameters.")
 * final class CountCommand implements Callable<Integer> {
 *   @Spec private CommandSpec spec;
 *   @Mixin private ModelOptions model;
 *   @Mixin private BatchOption batch;
 *
 *   @Override
 *   public Integer call() {
 *     CheckedModel checked = model.argument(batch.samples()).check();
 *     PrintWriter out = spec.commandLine().getOut();
 *     out.println(checked.parameterCount());
 *     out.flush();
 *     return 0;
 *   }
 * }
 * }
 *
 * It is added by a line in the list of {@link dev.lgc.runtime.cli.Main}. What it computes,
 * measures, decides or formats belongs to another package: {@code lgc bench} to {@code bench},
 * {@code lgc plan} to {@code estimate}, what {@code --dump} prints to {@code dump}. Files here have
 * at most 200 lines and name no stage of the compiler; two tests hold them to it.
 *
 * <h2>Options</h2>
 *
 * Options that several commands have are mixins: {@link dev.lgc.runtime.cli.ModelOptions} for the
 * model, {@link dev.lgc.runtime.cli.DeviceOptions}, {@link dev.lgc.runtime.cli.WeightsOption},
 * {@link dev.lgc.runtime.cli.DumpOption}. Every number has a {@link dev.lgc.runtime.cli.Range},
 * which {@link dev.lgc.runtime.cli.OptionValues} checks before the command runs. A mixin that may
 * need a target which this JVM cannot use is a {@link dev.lgc.runtime.cli.TargetUser}; then {@link
 * dev.lgc.runtime.cli.Relaunch} starts a second JVM with the flags of the target.
 *
 * <h2>Ranks</h2>
 *
 * A command whose work several ranks share is {@link dev.lgc.runtime.cli.OneProcess}{@code
 * .Shared}, has a {@link dev.lgc.runtime.cli.LaunchOption}, and does its work in a {@link
 * dev.lgc.runtime.cli.CommonEnd}; other commands refuse to run as one of several.
 *
 * <h2>Outputs</h2>
 *
 * An option that names a file to write has {@link dev.lgc.runtime.cli.Output}. Before a command
 * does anything, {@link dev.lgc.runtime.cli.Outputs} refuses outputs that are also inputs, sources,
 * or files of a run. Results go to standard output, as text or with {@code --json} as JSON;
 * warnings, progress and mistakes go to standard error. Long work is begun as an {@link
 * dev.lgc.runtime.cli.Interrupt}, so that Ctrl-C saves what is done.
 *
 * <h2>Exit codes</h2>
 *
 * <pre>
 * 0    success
 * 1    a mistake in the input: a diagnostic with its place, what was found and expected, a hint
 * 2    a wrong command line
 * 3    a fault of lgc: one line that says where the details were written
 * 130  interrupted by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP
 * </pre>
 *
 * A command throws {@link dev.lgc.runtime.io.BadInputException} or {@link
 * dev.lgc.runtime.config.UserError}; {@link dev.lgc.runtime.cli.Faults} turns exceptions into text
 * and code.
 *
 * <h2>Start</h2>
 *
 * {@link dev.lgc.runtime.cli.Main} prepares what all commands share: signals, standard streams in
 * UTF-8, and no locale but {@link java.util.Locale#ROOT}. It makes only the command that is named,
 * as most starts are short. {@link dev.lgc.runtime.cli.Rehearsal} is run once after a build, so
 * that later starts find their classes loaded; {@link dev.lgc.runtime.cli.ArchivableLibrary} is run
 * before it, so that they find those of picocli too.
 */
package dev.lgc.runtime.cli;
