package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.ByteSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The memory that training may take. */
final class MemoryOption {
  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Converter.class,
      description =
          "limit for the tensors of training, such as 2.5GiB: values are recomputed instead of kept"
              + " to stay below it")
  private ByteSize limit;

  /** Bytes. */
  long bytes() {
    return limit == null ? Long.MAX_VALUE : limit.bytes();
  }

  /** Made by picocli. */
  static final class Converter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String text) {
      return ByteSize.parse(text)
          .orElseThrow(() -> new TypeConversionException("expected " + ByteSize.EXPECTED));
    }
  }
}
