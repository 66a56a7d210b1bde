package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Two hosts that are network namespaces of this one, with a link between them that can be cut. Each
 * has a name and an address of its own, so that MPI and the heartbeat use TCP between them.
 */
final class TwoHosts implements AutoCloseable {
  private static final String NETWORK = "10.77.0.0/24";

  private final Path dir;
  private final String first;
  private final String second;

  private TwoHosts(Path dir, String name) {
    this.dir = dir;
    this.first = name + "a";
    this.second = name + "b";
  }

  /** Makes them. Says why not by an exception where this machine does not let it. */
  static TwoHosts make(Path dir) throws IOException, InterruptedException {
    TwoHosts hosts = new TwoHosts(dir, "lgc" + ProcessHandle.current().pid());
    try {
      hosts.link();
    } catch (IOException e) {
      hosts.close();
      throw e;
    }
    Path agent = hosts.agent();
    Files.writeString(
        agent,
        Text.format(
            """
            #!/bin/sh
            shift
            exec ip netns exec %1$s unshare -u sh -c 'hostname %1$s; exec "$@"' sh sh -c "$*"
            """,
            hosts.second));
    agent.toFile().setExecutable(true);
    return hosts;
  }

  private void link() throws IOException, InterruptedException {
    ip("netns", "add", first);
    ip("netns", "add", second);
    ip(
        "-n", first, "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns",
        second);
    int number = 1;
    for (String host : List.of(first, second)) {
      ip("-n", host, "addr", "add", "10.77.0." + number++ + "/24", "dev", "veth0");
      ip("-n", host, "link", "set", "veth0", "up");
      ip("-n", host, "link", "set", "lo", "up");
    }
    run("ip", "netns", "exec", first, "unshare", "-u", "true");
  }

  /** The program by which MPI starts processes on the second host. */
  private Path agent() {
    return dir.resolve("agent-" + second);
  }

  /** Starts {@code lgc ARGS} by mpirun, as one rank on each host. */
  ChildProcess lgc(String... args) throws IOException {
    return lgc(List.of(), args);
  }

  /** The same with further flags for Java. */
  ChildProcess lgc(List<String> flags, String... args) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("ip", "netns", "exec", first, "unshare", "-u", "sh", "-c"));
    command.addAll(List.of("hostname " + first + "; exec \"$@\"", "sh", "mpirun"));
    command.addAll(List.of("--quiet", "--allow-run-as-root", "--bind-to", "none", "-n", "2"));
    command.addAll(List.of("--host", "10.77.0.1:1,10.77.0.2:1"));
    for (List<String> setting :
        List.of(
            List.of("plm_rsh_agent", agent().toString()),
            List.of("btl", "tcp,self"),
            List.of("btl_tcp_if_include", NETWORK),
            List.of("oob_tcp_if_include", NETWORK))) {
      command.add("--mca");
      command.addAll(setting);
    }
    command.add("env");
    command.addAll(ChildProcess.program(Main.class, flags, args));
    return ChildProcess.command(dir, Map.of(), command);
  }

  /** Cuts the link between them, at the first or the second. */
  void cut(boolean atFirst) throws IOException, InterruptedException {
    ip("-n", atFirst ? first : second, "link", "set", "veth0", "down");
  }

  /** Mends a link that was cut there. */
  void mend(boolean atFirst) throws IOException, InterruptedException {
    ip("-n", atFirst ? first : second, "link", "set", "veth0", "up");
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    run(command.toArray(String[]::new));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!p.waitFor(10, TimeUnit.SECONDS) || p.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said.strip());
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (String host : List.of(first, second)) {
      try {
        ip("netns", "del", host);
      } catch (IOException e) {
        continue; // it was not made
      }
    }
  }
}
