package dev.millrace.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.List;
import java.util.stream.Stream;

/**
 * Resolves one host name to what a test says at the time, and all others as the JDK does; the JDK finds this as a service.
 * The JDK keeps what it resolved for some seconds unless the property {@code sun.net.inetaddr.ttl} says otherwise.
 */
public final class MovingHost extends InetAddressResolverProvider {
    public static final String NAME = "moving.millrace.test";

    private static volatile List<InetAddress> addresses = List.of();

    /** Lets the name stand for these addresses, in their order. Safe for any thread. */
    public static void moveTo(InetAddress... now) {
        addresses = List.of(now);
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        InetAddressResolver others = configuration.builtinResolver();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                return host.equals(NAME) ? addresses.stream() : others.lookupByName(host, policy);
            }

            @Override
            public String lookupByAddress(byte[] address) throws UnknownHostException {
                return others.lookupByAddress(address);
            }
        };
    }

    @Override
    public String name() {
        return "one host that moves";
    }
}
