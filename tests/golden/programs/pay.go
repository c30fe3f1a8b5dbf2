// Prints what Go's loggers print, each record on the lines that it takes, a form feed behind each.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	pkgerrors "github.com/pkg/errors"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"k8s.io/klog/v2"
)

const end = "\f\n"

// charge fails as a call across three functions does.
func charge(order int) error {
	return pkgerrors.Wrapf(errors.New("card declined"), "charge order %d", order)
}

func logged(write func()) {
	write()
	os.Stdout.WriteString(end)
}

func main() {
	out := os.Stdout
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	flags.Set("logtostderr", "false")
	flags.Set("one_output", "true")
	flags.Set("stderrthreshold", "FATAL")
	var kept bytes.Buffer
	klog.SetOutput(&kept)
	for _, write := range []func(){
		func() { klog.InfoS("Order settled", "order", klog.KRef("shop", "order-17"), "took", "3ms") },
		func() { klog.ErrorS(charge(17), "Settlement failed", "order", 17) },
		func() { klog.Warningf("settlement of order %d is slow: %dms", 17, 2300) },
	} {
		write()
		klog.Flush()
		out.Write(kept.Bytes())
		kept.Reset()
		out.WriteString(end)
	}
	text := slog.New(slog.NewTextHandler(out, nil)).WithGroup("shop").With("region", "eu-1")
	logged(func() { text.Warn("stock is low", "sku", "A-1013", "left", 3, slog.Group("shelf", "row", 7)) })
	json := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{AddSource: true}))
	logged(func() { json.Error("settlement failed", "order", 17, "retryable", false, "err", charge(17)) })
	plain := logrus.New()
	plain.SetOutput(out)
	plain.SetFormatter(&logrus.TextFormatter{DisableColors: true, FullTimestamp: true})
	logged(func() { plain.WithFields(logrus.Fields{"order": 17, "amount": 12.5}).Info("order settled") })
	logged(func() { plain.WithError(charge(17)).Error("settlement failed") })
	config := zap.NewDevelopmentConfig()
	config.OutputPaths = []string{"stdout"}
	console, err := config.Build()
	if err != nil {
		panic(err)
	}
	logged(func() {
		console.Error("settlement failed", zap.Int("order", 17), zap.Bool("retryable", false), zap.Error(errors.New("broken pipe")))
	})
	production := zap.NewProductionConfig()
	production.OutputPaths = []string{"stdout"}
	encoded, err := production.Build()
	if err != nil {
		panic(err)
	}
	logged(func() {
		encoded.Sugar().Infow("order settled", "order", 17, "items", []string{"A-1", "B-2"}, "took", 0.003)
	})
	zero := zerolog.New(out).With().Timestamp().Logger()
	logged(func() { zero.Warn().Int("order", 17).Dur("took", 2300000000).Msg("settlement is slow") })
	logged(func() { fmt.Printf("%+v\n", charge(17)) })
	logged(func() { fmt.Printf("order=%d state=settled amount=%.2f card=%q\n", 17, 12.5, "visa debit") })
}
