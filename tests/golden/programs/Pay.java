import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Prints what Java prints of exceptions, a form feed behind each record. */
class Pay {
    static void connect(int depth) throws IOException {
        if (depth > 0) {
            connect(depth - 1);
        } else {
            throw new IOException("connection to bank-3 reset");
        }
    }

    static void charge(int order) {
        try {
            connect(order % 5);
        } catch (IOException error) {
            var failed = new UncheckedIOException("charge of order " + order, error);
            failed.addSuppressed(new IllegalStateException("order " + order + " was locked"));
            throw failed;
        }
    }

    static void settle(int order) {
        try {
            charge(order);
        } catch (RuntimeException error) {
            throw new IllegalStateException("settlement " + order + " failed", error);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var log = Logger.getLogger("shop.Pay");
        log.setUseParentHandlers(false);
        var handler = new ConsoleHandler();
        log.addHandler(handler);
        for (int order : new int[] {17, 42}) {
            try {
                settle(order);
            } catch (IllegalStateException error) {
                error.printStackTrace();
                end();
                log.log(Level.SEVERE, "could not settle order {0}", order);
                end();
                log.log(Level.WARNING, "settlement gave up", error);
                end();
            }
        }
        settle(3);
    }

    static void end() {
        System.err.println("\f");
    }
}
