package dev.millrace.internal.codec;

import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A row that throws at one of the calls to it or to a nested value of it, after it has done what it was asked for. */
final class FailingRow {
    private final Throwable failure;
    private int callsLeft;

    private FailingRow(final int callsLeft, final Throwable failure) {
        this.callsLeft = callsLeft;
        this.failure = failure;
    }

    static InternalRow of(final InternalRow row, final int failingCall, final Throwable failure) {
        return new FailingRow(failingCall, failure).wrap(InternalRow.class, row);
    }

    private <T> T wrap(final Class<T> type, final T value) {
        final InvocationHandler handler = (proxy, method, arguments) -> call(value, method, arguments);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private @Nullable Object call(final Object value, final Method method, final Object[] arguments) throws Throwable {
        final Object result;
        try {
            result = method.invoke(value, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (callsLeft-- == 0) {
            throw failure;
        }
        if (result instanceof InternalRow row) {
            return wrap(InternalRow.class, row);
        }
        if (result instanceof InternalArray array) {
            return wrap(InternalArray.class, array);
        }
        return result instanceof InternalMap map ? wrap(InternalMap.class, map) : result;
    }
}
