package dev.lgc.runtime.tune;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelDump;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A hash of what a kernel computes; the kernels of a plan are canonical. */
final class KernelHash {
  private KernelHash() {}

  /** The same for kernels that are equal but for their names. */
  static String of(Kernel k) {
    return sha256(KernelDump.dump(new Kernel("", k.buffers(), k.space(), k.stages())))
        .substring(0, 32);
  }

  static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
