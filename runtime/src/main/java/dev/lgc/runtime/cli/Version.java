package dev.lgc.runtime.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this build, and the Java that runs it. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "lgc " + (version == null ? "(unpackaged)" : version) + ", Java " + Runtime.version()
    };
  }
}
