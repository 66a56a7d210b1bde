package dev.lgc.runtime.dist;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The port and the addresses at which the heartbeat of a rank is reached.
 *
 * @param host name of its machine
 * @param token a secret of the run that callers send, so that the rank can tell them from strangers
 * @param addresses of its machine, in the order in which they are tried
 */
record Contact(String host, int port, long token, List<String> addresses) {
  Contact {
    addresses = List.copyOf(addresses);
  }

  /** This machine's. */
  static Contact here(int port, long token) {
    try {
      List<String> addresses =
          NetworkInterface.networkInterfaces()
              .filter(Contact::isUp)
              .flatMap(NetworkInterface::inetAddresses)
              .filter(a -> !a.isLoopbackAddress() && !a.isLinkLocalAddress())
              .sorted(Comparator.comparing(a -> !(a instanceof Inet4Address)))
              .map(InetAddress::getHostAddress)
              .toList();
      return new Contact(hostName(), port, token, addresses);
    } catch (SocketException e) {
      return new Contact(hostName(), port, token, List.of());
    }
  }

  private static boolean isUp(NetworkInterface i) {
    try {
      return i.isUp();
    } catch (SocketException e) {
      return false;
    }
  }

  /** The name of this machine. */
  static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (IOException f) {
        return "localhost";
      }
    }
  }

  byte[] bytes() {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeUTF(host);
      out.writeInt(port);
      out.writeLong(token);
      out.writeInt(addresses.size());
      for (String a : addresses) {
        out.writeUTF(a);
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Contact of(byte[] bytes) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      String host = in.readUTF();
      int port = in.readInt();
      long token = in.readLong();
      List<String> addresses = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        addresses.add(in.readUTF());
      }
      return new Contact(host, port, token, addresses);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Connects to it.
   *
   * @param from the host that calls: on the same, no network is needed
   * @throws IOException if none of its addresses answers
   */
  SocketChannel connect(String from, int millis) throws IOException {
    List<String> tried = new ArrayList<>(addresses);
    if (from.equals(host)) {
      tried.addFirst(InetAddress.getLoopbackAddress().getHostAddress());
    }
    IOException last = new IOException("it has no address");
    for (String address : tried) {
      SocketChannel channel = SocketChannel.open();
      try {
        channel.socket().connect(new InetSocketAddress(address, port), millis);
        channel.socket().setTcpNoDelay(true);
        return channel;
      } catch (IOException e) {
        last = e;
        channel.close();
      }
    }
    throw new IOException(
        host + " at " + tried + ", port " + port + ": " + last.getMessage(), last);
  }
}
