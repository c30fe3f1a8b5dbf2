module pay

go 1.24

require (
	github.com/pkg/errors v0.9.1
	github.com/rs/zerolog v1.34.0
	github.com/sirupsen/logrus v1.9.3
	go.uber.org/zap v1.27.0
	k8s.io/klog/v2 v2.130.1
)
